/** A fleet of nodes shares a PostgreSQL of its own, which goes with it. */

import { startTestServer, type TestServer } from "../../packages/store-postgres/src/io/test-server-suite.ts";
import { NodeProcess } from "./node-process.ts";

export class NodeFleet {
  readonly database: TestServer;
  readonly nodes: NodeProcess[] = [];

  private constructor(database: TestServer) {
    this.database = database;
  }

  static async start(): Promise<NodeFleet> {
    return new NodeFleet(await startTestServer());
  }

  /** The node is not started yet. */
  add(...flags: string[]): NodeProcess {
    return this.addBehind(this.database.port, ...flags);
  }

  /** It reaches the database at this port. */
  addBehind(port: number, ...flags: string[]): NodeProcess {
    const node = new NodeProcess(this.database.url({ port }), flags);
    this.nodes.push(node);
    return node;
  }

  /** It waits until exactly one of the nodes that run says that it is the writer. */
  async writer(): Promise<NodeProcess> {
    let writers: NodeProcess[] = [];
    await until("there is one writer", async () => {
      const running = this.nodes.filter(({ runs }) => runs);
      const roles = await Promise.all(
        running.map((node) =>
          node.readiness().then(
            ({ role }) => role,
            () => null,
          ),
        ),
      );
      writers = running.filter((_, index) => roles[index] === "writer");
      return writers.length === 1;
    });
    const [writer] = writers;
    if (writer === undefined) throw new Error("there is no writer");
    return writer;
  }

  /** The running nodes that are not `but`. */
  others(...but: readonly NodeProcess[]): NodeProcess[] {
    return this.nodes.filter((node) => node.runs && !but.includes(node));
  }

  async dispose(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.dispose()));
    await this.database.end();
  }
}

/** It throws after a time that nothing here takes, on however busy a machine. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 240_000;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`it never came to this: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
