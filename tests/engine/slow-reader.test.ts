import type { Socket } from "node:net";
import { nodeEnvironment, StateSync, type WebSocketClass } from "@neverstale/client";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { State } from "./authority.ts";
import { AuthorityProcess, DataDir, until } from "./authority-process.ts";

const MIB = 1024 * 1024;

let dir: DataDir;
let authority: AuthorityProcess;

beforeEach(async () => {
  dir = new DataDir();
  authority = new AuthorityProcess(dir.database);
  await authority.start();
});

afterEach(async () => {
  await authority.kill();
  dir.remove();
});

test("[P4] a reader that reads nothing for two minutes while 200,000 changes pass costs neither memory nor the others' time", async () => {
  const sockets: WebSocket[] = [];
  const reader = new StateSync<State>({
    url: `ws://127.0.0.1:${authority.port}/sync`,
    io: nodeEnvironment({ WebSocket: recording(sockets) }),
  });
  const other = authority.follow();
  await until("both are live", () => reader.status.type === "live" && other.status.type === "live");
  await authority.get("/load?changes=20000&rate=5000");
  await until("the reader is level", () => reader.version === 20_000);

  const ages: number[] = [];
  other.subscribe(() => {
    const newest = other.state.metrics.get(`host-${(other.version - 1) % 1000}`);
    if (newest !== undefined) ages.push(Date.now() - Number(newest.at));
  });
  const quiet = await latencies(authority, ages, 10_000, 1_650);
  const before = await authority.facts();
  const [socket] = sockets;
  const raw = (socket as unknown as { _socket: Socket })._socket;
  const closed = new Promise<number>((resolve) => socket?.once("close", resolve));
  raw.pause();

  let peak = 0;
  const watching = setInterval(async () => {
    peak = Math.max(peak, (await authority.facts()).rssBytes);
  }, 1_000);
  const meanwhile = await latencies(authority, ages, 200_000, 1_650);
  clearInterval(watching);
  const during = await authority.facts();
  raw.resume();
  const code = await closed;
  await until("the reader is level again", () => reader.version === during.version && reader.status.type === "live");
  const after = await authority.facts();

  expect(peak - before.rssBytes).toBeLessThan(64 * MIB);
  expect(code).toBe(4408);
  expect(during.sync.tooSlow).toBe(1);
  const came = after.sync.resumed - before.sync.resumed + count(after.sync.fullStates) - count(before.sync.fullStates);
  expect(came).toBe(1);
  expect(reader.digest()).toBe(after.digest);
  expect(median(meanwhile)).toBeLessThan(median(quiet) + 20);
  reader.stop();
  other.stop();
}, 300_000);

/** A WebSocket class that leaves its instances where the test can stop them from reading. */
function recording(sockets: WebSocket[]): WebSocketClass {
  return class extends WebSocket {
    constructor(url: string, protocols: string[], options: object) {
      super(url, protocols, options);
      sockets.push(this);
    }
  };
}

/** How old each change was when the other client showed it, while so many are made. */
async function latencies(
  authority: AuthorityProcess,
  ages: number[],
  changes: number,
  rate: number,
): Promise<number[]> {
  ages.length = 0;
  await authority.get(`/load?changes=${changes}&rate=${rate}`);
  return [...ages];
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function count(reasons: Readonly<Record<string, number>>): number {
  return Object.values(reasons).reduce((sum, n) => sum + n, 0);
}
