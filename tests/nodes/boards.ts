/** Several nodes that serve a public space share a PostgreSQL, behind the real nginx. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { ended } from "@neverstale/base/test-processes";
import { freePort, startTestServer, type TestServer } from "../../packages/store-postgres/src/io/test-server-suite.ts";
import type { BoardFacts } from "./board-node.ts";
import { type Nginx, startNginx } from "./nginx.ts";

const PROGRAM = fileURLToPath(new URL("board-node.ts", import.meta.url));

export class Boards {
  readonly database: TestServer;
  readonly nodes: readonly BoardProcess[];
  readonly nginx: Nginx;

  private constructor(database: TestServer, nodes: readonly BoardProcess[], nginx: Nginx) {
    this.database = database;
    this.nodes = nodes;
    this.nginx = nginx;
  }

  static async start(count: number, beaconMs: number): Promise<Boards> {
    const database = await startTestServer();
    const ports = await Promise.all(Array.from({ length: count }, () => freePort()));
    const nginx = await startNginx(ports.map((port) => `http://127.0.0.1:${port}`));
    const nodes = ports.map((port) => new BoardProcess(database.url(), port, beaconMs));
    await Promise.all(nodes.map((node) => node.opened()));
    return new Boards(database, nodes, nginx);
  }

  get running(): readonly BoardProcess[] {
    return this.nodes.filter(({ runs }) => runs);
  }

  facts(): Promise<BoardFacts[]> {
    return Promise.all(this.running.map((node) => node.facts()));
  }

  /** It sums up what all nodes that run have counted. */
  async sum(of: "polls" | "streams" | "readers" | "connections" | "fullStates"): Promise<number> {
    return (await this.facts()).reduce((sum, facts) => sum + facts[of], 0);
  }

  /** A change goes through the proxy to any node, and from there to the writer. */
  async put(id: string, query = ""): Promise<void> {
    const answer = await fetch(`${this.nginx.address}/put/${id}${query}`, { method: "POST" });
    if (!answer.ok) throw new Error(`the change was refused: ${answer.status} ${await answer.text()}`);
  }

  async dispose(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.end("SIGKILL")));
    await this.nginx.end();
    await this.database.end();
  }
}

export class BoardProcess {
  readonly address: string;
  readonly #child: ChildProcess;

  constructor(storeUrl: string, port: number, beaconMs: number) {
    this.address = `http://127.0.0.1:${port}`;
    this.#child = spawn(process.execPath, ["--conditions=source", PROGRAM, storeUrl, `${port}`, `${beaconMs}`], {
      stdio: ["ignore", "pipe", "inherit"],
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get runs(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async opened(): Promise<void> {
    const { stdout } = this.#child;
    if (stdout !== null) await Promise.race([once(stdout, "data"), once(this.#child, "exit")]);
    if (!this.runs) throw new Error("the node ended before it was open");
  }

  async facts(): Promise<BoardFacts> {
    return (await (await fetch(`${this.address}/facts`)).json()) as BoardFacts;
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    await ended(this.#child, signal);
  }
}
