import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { ended } from "@neverstale/base/test-processes";
import { collection, defineModel, put } from "@neverstale/protocol";
import { StateManager } from "@neverstale/server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { postgresStore } from "./create.ts";
import { startTestServer, type TestServer } from "./test-server-suite.ts";

const PROGRAM = fileURLToPath(new URL("node-process-suite.ts", import.meta.url));

let server: TestServer;
const processes: NodeProcess[] = [];

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(async () => {
  await Promise.all(processes.map(({ child }) => ended(child)));
  await server?.end();
});

interface Told {
  readonly role: string;
  readonly hosts: readonly string[];
  readonly metrics: Readonly<Record<string, number>>;
}

class NodeProcess {
  readonly child: ChildProcess;
  readonly address: string;

  constructor(child: ChildProcess, address: string) {
    this.child = child;
    this.address = address;
  }

  static async start(): Promise<NodeProcess> {
    const port = await freePort();
    const args = ["--conditions=source", PROGRAM, server.url(), String(port)];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    const started = new NodeProcess(child, `http://127.0.0.1:${port}`);
    processes.push(started);
    if (child.stdout !== null) await once(child.stdout, "data");
    return started;
  }

  async tell(): Promise<Told> {
    return (await fetch(this.address)).json() as Promise<Told>;
  }

  /** A client repeats a request with its key until it is answered. */
  async add(id: string): Promise<void> {
    const headers = { "Idempotency-Key": id };
    const sent = () => fetch(`${this.address}/${id}`, { method: "POST", headers }).catch(() => null);
    while (!(await sent())?.ok);
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await once(probe.listen(0, "127.0.0.1"), "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 20));
}

test("[T3] [T5] [W2] three processes on one database: the writer ends, is stopped and is killed, and nothing is lost", async () => {
  const one = await NodeProcess.start();
  const [two, three] = [await NodeProcess.start(), await NodeProcess.start()];
  await until(async () => (await two.tell()).metrics.node_links_out === 2);
  await Promise.all([one.add("a"), two.add("b"), three.add("c")]);
  expect((await one.tell()).role).toBe("writer");

  // A drained writer names its successor.
  one.child.kill("SIGTERM");
  const [code] = await once(one.child, "exit");
  await two.add("d");
  const roles = [(await two.tell()).role, (await three.tell()).role];
  expect([code, [...roles].sort()]).toEqual([0, ["follower", "writer"]]);

  // A writer that is stopped holds nobody up, and is a follower when it goes on.
  const [writer, other] = roles[0] === "writer" ? [two, three] : [three, two];
  writer.child.kill("SIGSTOP");
  await other.add("e");
  expect((await other.tell()).role).toBe("writer");
  writer.child.kill("SIGCONT");
  await until(async () => (await writer.tell()).hosts.includes("e"));
  expect((await writer.tell()).role).toBe("follower");

  // A writer that is killed is replaced.
  other.child.kill("SIGKILL");
  await writer.add("f");
  expect((await writer.tell()).hosts).toEqual(["a", "b", "c", "d", "e", "f"]);
});

test("what the state was is made of PostgreSQL by any node, the one that decides and the one that follows", async () => {
  const model = defineModel({ model: 1, collections: { cards: collection() }, changes: { card_put: put("cards") } });
  const open = (address: string) => {
    const store = postgresStore(server.url(), { schema: "moments" });
    return StateManager.open({ model, store, moments: { baseChanges: 4 }, node: { address } });
  };
  const one = await open("http://127.0.0.1:1");
  await until(async () => one.node?.role === "writer");
  const two = await open("http://127.0.0.1:2");
  const then = [one.capture().digest];
  for (let n = 1; n <= 12; n += 1) {
    await one.apply({ type: "card_put", target: `c${n % 5}`, data: { text: "x".repeat(n * 4_000) } });
    then.push(one.capture().digest);
  }
  await until(async () => two.version === 12);

  const read = async (manager: typeof one) => {
    const states = then.map((_, version) => manager.stateAt({ version }));
    return (await Promise.all(states)).map((past) => (past.type === "state" ? past.digest : past.type));
  };

  expect([await read(one), await read(two)]).toEqual([then, then]);
  expect((await one.reach())?.from.version).toBe(0);
  await Promise.all([one.close(), two.close()]);
});
