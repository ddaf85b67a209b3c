/** A cluster is three nodes of the engine, each a process of its own, on one PostgreSQL and behind one nginx. */

import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ended } from "@neverstale/base/test-processes";
import {
  freePort,
  startTestServer,
  type TestServer,
} from "../../../packages/store-postgres/src/io/test-server-suite.ts";
import { type Nginx, startNginx } from "../nginx.ts";
import type { NodeFacts } from "./library-node.ts";
import { until } from "./until.ts";

const PROGRAM = fileURLToPath(new URL("library-node.ts", import.meta.url));

export class ClusterNode {
  readonly name: string;
  readonly port: number;
  readonly #storeUrl: string;
  #child: ChildProcess | null = null;
  #printed = "";

  constructor(name: string, port: number, storeUrl: string) {
    this.name = name;
    this.port = port;
    this.#storeUrl = storeUrl;
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get runs(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** It resolves once the node listens, which it does when it can serve. */
  async start(): Promise<void> {
    const args = ["--conditions=source", PROGRAM, this.#storeUrl, String(this.port)];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    this.#printed = "";
    const endWithUs = () => void child.kill("SIGKILL");
    process.once("exit", endWithUs);
    child.once("exit", () => process.off("exit", endWithUs));
    await new Promise<void>((resolve, reject) => {
      child.once("exit", (code, signal) =>
        reject(new Error(`${this.name} ended (${code ?? signal}): ${this.#printed}`)),
      );
      const hear = (part: Buffer) => {
        this.#printed = (this.#printed + part.toString()).slice(-20_000);
        if (this.#printed.includes("listening")) resolve();
      };
      child.stdout.on("data", hear);
      child.stderr.on("data", hear);
    });
  }

  /** It resolves with how the process ended. */
  async end(signal: NodeJS.Signals): Promise<number | string | null> {
    return await ended(this.#child, signal);
  }

  async facts(): Promise<NodeFacts> {
    const answer = await fetch(`${this.address}/facts`, { signal: AbortSignal.timeout(30_000) });
    return (await answer.json()) as NodeFacts;
  }
}

export class Cluster {
  readonly nodes: readonly ClusterNode[];
  readonly #database: TestServer;
  #nginx: Nginx | null = null;

  private constructor(database: TestServer, nodes: readonly ClusterNode[]) {
    this.#database = database;
    this.nodes = nodes;
  }

  static async start(): Promise<Cluster> {
    const database = await startTestServer();
    const ports = [await freePort(), await freePort(), await freePort()];
    const nodes = ports.map((port, index) => new ClusterNode(`node ${index + 1}`, port, database.url()));
    const cluster = new Cluster(database, nodes);
    try {
      for (const node of nodes) await node.start();
      await cluster.untilLinked();
      cluster.#nginx = await startNginx(nodes.map(({ address }) => address));
    } catch (error) {
      await cluster.dispose();
      throw error;
    }
    return cluster;
  }

  /** All clients go there. */
  get address(): string {
    if (this.#nginx === null) throw new Error("nginx does not run");
    return this.#nginx.address;
  }

  /** Each node that runs hears the others. */
  async untilLinked(): Promise<void> {
    await until("all nodes are linked", async () => {
      const all = await this.facts();
      return all.every(({ metrics }) => (metrics.node_links_in ?? 0) >= all.length - 1);
    });
  }

  /** It returns what the nodes that run say. */
  facts(): Promise<NodeFacts[]> {
    return Promise.all(this.nodes.filter(({ runs }) => runs).map((node) => node.facts()));
  }

  /** nginx leaves a node out for a while that it has found gone. */
  async untilAllAreAsked(): Promise<void> {
    await until("nginx sends requests to all nodes", async () =>
      (await this.facts()).every(({ requests }) => requests > 0),
    );
  }

  /** It waits until exactly one of the nodes that run says that it is the writer. */
  async writer(): Promise<ClusterNode> {
    let writers: ClusterNode[] = [];
    await until("there is one writer", async () => {
      const running = this.nodes.filter(({ runs }) => runs);
      const facts = await Promise.all(running.map((node) => node.facts()));
      writers = running.filter((_, index) => facts[index]?.role === "writer");
      return writers.length === 1;
    });
    return writers[0] as ClusterNode;
  }

  async dispose(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.end("SIGKILL")));
    await this.#nginx?.end();
    await this.#database.end();
  }
}
