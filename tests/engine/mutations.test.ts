/** Pages that mutate at once, over real sockets, through cuts and restarts of the server. */

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { nodeEnvironment, StateSync } from "@neverstale/client";
import { mutations } from "@neverstale/client/mutations";
import { collection, defineModel, defineMutation, patch, put, refuse, type StateOf } from "@neverstale/protocol";
import { memoryStore, StateManager, type SyncEndpoint, serveMutations, serveSync } from "@neverstale/server";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";

const board = defineModel({
  model: 1,
  collections: { cards: collection(z.object({ id: z.string(), title: z.string(), count: z.number() })) },
  changes: { card_put: put("cards"), card_patched: patch("cards") },
});
type Board = StateOf<typeof board>;

const addCard = defineMutation({
  name: "add_card",
  model: board,
  optimistic: true,
  args: z.object({ title: z.string() }),
  decide: (_, { title }, { newId }) => {
    const id = newId();
    return { changes: [{ type: "card_put", target: id, data: { id, title, count: 0 } }], answer: { id } };
  },
});

const countUp = defineMutation({
  name: "count_up",
  model: board,
  optimistic: true,
  args: z.object({ id: z.string() }),
  decide: (state, { id }) => {
    const card = state.cards.get(id);
    if (card === undefined) return refuse("no_such_card", `There is no card "${id}".`);
    return [{ type: "card_patched", target: id, data: { count: card.count + 1 } }];
  },
});

let store: ReturnType<typeof memoryStore>;
let served: { manager: StateManager<typeof board>; http: Server; endpoint: SyncEndpoint; port: number };
const pages: StateSync<Board>[] = [];

beforeEach(async () => {
  store = memoryStore();
  await serve(0);
});
afterEach(async () => {
  for (const page of pages.splice(0)) page.stop();
  await end();
});

async function serve(port: number): Promise<void> {
  const manager = await StateManager.open({ model: board, store, mutations: [addCard, countUp] });
  const authorize = () => ({ user: "ann" });
  const mutate = serveMutations({ manager, authorize });
  const http = createServer((request, response) => void mutate(request, response));
  const endpoint = serveSync(http, { manager, beaconMs: 300 });
  await new Promise<void>((resolve) => http.listen(port, "127.0.0.1", resolve));
  served = { manager, http, endpoint, port: (http.address() as AddressInfo).port };
}

async function end(): Promise<void> {
  await served.manager.close();
  await new Promise((resolve) => served.http.close(resolve).closeAllConnections());
}

function page(): StateSync<Board> {
  const io = nodeEnvironment({ WebSocket });
  const sync = new StateSync<Board>({ url: `http://localhost:${served.port}/sync`, io, mutations: mutations() });
  pages.push(sync);
  return sync;
}

const live = (sync: StateSync<Board>) => expect.poll(() => sync.status.type).toBe("live");

test("[P13] [P14] pages that mutate the same records at once end level, with each mutation in the state once", async () => {
  const all = [page(), page(), page()];
  for (const sync of all) await live(sync);
  const added = await all[0]?.mutate(addCard, { title: "the card" });
  if (added?.type !== "done") throw new Error("it was not added");
  const { id } = added.answer;
  for (const sync of all) await sync.reached(added.position);

  const outcomes = await Promise.all(
    all.flatMap((sync) => Array.from({ length: 20 }, () => sync.mutate(countUp, { id }))),
  );

  expect(outcomes.every(({ type }) => type === "done")).toBe(true);
  for (const sync of all)
    await expect.poll(() => [sync.state.cards.get(id)?.count, sync.pending.length]).toEqual([60, 0]);
  expect(new Set(all.map((sync) => sync.digest())).size).toBe(1);
});

test("[U6] [U9] what is asked for while the server is away is carried out once when it is back", async () => {
  const sync = page();
  await live(sync);
  const added = await sync.mutate(addCard, { title: "the card" });
  if (added.type !== "done") throw new Error("it was not added");
  const { id } = added.answer;
  const { port } = served;
  await end();

  const outcomes = [sync.mutate(countUp, { id }), sync.mutate(countUp, { id })];
  expect(sync.state.cards.get(id)?.count).toBe(2);
  await serve(port);
  sync.retry();

  expect((await Promise.all(outcomes)).map(({ type }) => type)).toEqual(["done", "done"]);
  await expect.poll(() => [sync.pending.length, served.manager.state.cards.get(id)?.count]).toEqual([0, 2]);
  expect(sync.state.cards.get(id)?.count).toBe(2);
});

test("a page that does not follow yet can mutate all the same", async () => {
  const sync = page();

  const outcome = await sync.mutate(addCard, { title: "early" });

  expect(outcome).toMatchObject({ type: "done" });
  await expect.poll(() => sync.list("cards").map(({ title }) => title)).toEqual(["early"]);
});
