import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nodeEnvironment, StateSync, type WebSocketClass } from "@neverstale/client";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { Board } from "./board-node.ts";
import { Boards } from "./boards.ts";
import { until } from "./node-fleet.ts";

/** A network through which no WebSocket passes. */
class NoWebSocket extends WebSocket {
  constructor(_url: string, protocols: string[], options: object) {
    super("ws://127.0.0.1:9", protocols, options);
  }
}

const READERS = 30;

let boards: Boards;
const clients: StateSync<Board>[] = [];

beforeAll(async () => {
  boards = await Boards.start(3, 30_000);
  await boards.put("first");
});
afterEach(() => {
  for (const client of clients.splice(0)) client.stop();
});
afterAll(() => boards?.dispose());

function follow(path: string, WebSocketOf: unknown = WebSocket): StateSync<Board> {
  const io = nodeEnvironment({ WebSocket: WebSocketOf as WebSocketClass });
  const client = new StateSync<Board>({ url: boards.nginx.address.replace("http", "ws") + path, io });
  clients.push(client);
  return client;
}

/** All show what the nodes have, and say that it is live. */
async function allAreLevel(): Promise<void> {
  await until("all nodes and all clients are level", async () => {
    const facts = await boards.facts();
    const [{ version, digest } = { version: -1, digest: "" }] = facts;
    const sameNodes = facts.every((one) => one.version === version && one.digest === digest);
    const level = (client: StateSync<Board>) =>
      client.version === version && client.status.type === "live" && client.digest() === digest;
    return sameNodes && clients.every(level);
  });
}

interface Logged {
  readonly path: string;
  readonly cache: string;
}

/** These requests have ended, and nginx has noted them. */
function logged(): Logged[] {
  const log = readFileSync(join(boards.nginx.folder, "access.log"), "utf8");
  return [...log.matchAll(/"GET (\S+) HTTP\S+" .* cache=(\S+)/g)].map(([, path = "", cache = ""]) => ({ path, cache }));
}

describe("three nodes behind the nginx of docs/SCALE.md", () => {
  test("[H3] [H6] many readers of a public space cost the nodes one request a change", async () => {
    for (let n = 0; n < READERS; n += 1) follow("/public/board");
    await allAreLevel();
    const reachedBefore = await boards.sum("polls");
    const notedBefore = logged().length;

    for (let change = 0; change < 8; change += 1) {
      await boards.put(`entry-${change}`);
      await allAreLevel();
    }

    const reached = (await boards.sum("polls")) - reachedBefore;
    const noted = () => logged().slice(notedBefore);
    await until("all requests are noted", () => noted().length >= 8 * READERS);
    expect(clients.map(({ view }) => view.way)).toEqual(clients.map(() => "poll"));
    expect(clients.map(({ counters }) => counters.digestMismatches)).toEqual(clients.map(() => 0));
    expect(noted().filter(({ cache }) => cache === "HIT").length).toBeGreaterThan(6 * READERS);
    expect(reached).toBeLessThan(2 * READERS);
  });

  test("[H8] a private space is followed by WebSocket and by streams, and no cache has anything of it", async () => {
    const [socket, stream] = [follow("/sync"), follow("/sync", NoWebSocket)];
    await allAreLevel();

    await boards.put("for-two");
    await allAreLevel();

    expect([socket.view.way, stream.view.way]).toEqual(["websocket", "stream"]);
    stream.stop();
    await until("the stream is noted", () => logged().some(({ path }) => path.startsWith("/sync/live/")));
    const followed = logged().filter(({ path }) => path.startsWith("/sync"));
    expect(followed.map(({ cache }) => cache)).toEqual(followed.map(() => "-"));
  });

  test("[E2] when nodes are killed their clients go on at the others with what they missed, and without a full state", async () => {
    for (let n = 0; n < 6; n += 1) follow("/sync");
    follow("/sync", NoWebSocket);
    follow("/public/board");
    await allAreLevel();
    const before = new Map(await Promise.all(boards.nodes.map(async (node) => [node, await node.facts()] as const)));

    for (let kills = 0; kills < 2; kills += 1) {
      const facts = await boards.facts();
      const most = Math.max(...facts.map(({ connections }) => connections));
      await boards.running[facts.findIndex(({ connections }) => connections === most)]?.end("SIGKILL");
      await until("a change is taken", () =>
        boards.put(`after-${kills}`).then(
          () => true,
          () => false,
        ),
      );
      await allAreLevel();
    }

    const [last] = boards.running;
    if (last === undefined) throw new Error("no node is left");
    const { connections, fullStates } = await last.facts();
    expect(boards.running).toHaveLength(1);
    expect([connections, fullStates]).toEqual([6, before.get(last)?.fullStates]);
  });
});
