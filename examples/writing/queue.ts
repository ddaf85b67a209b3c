import { once } from "node:events";
import { createServer } from "node:http";
import { StateSync } from "@neverstale/client";
import { kept } from "@neverstale/client/kept";
import { mutations } from "@neverstale/client/mutations";
import { keptQueue } from "@neverstale/client/queue";
import { collection, defineModel, defineMutation, put, type StateOf } from "@neverstale/protocol";
import { memoryStore, StateManager, serveMutations, serveSync } from "@neverstale/server";
import { z } from "zod";

const board = defineModel({
  model: 1,
  collections: { cards: collection<{ id: string; title: string }>() },
  changes: { card_added: put("cards") },
});
const addCard = defineMutation({
  name: "add_card",
  model: board,
  optimistic: true,
  args: z.object({ title: z.string() }),
  decide: (_, { title }, { newId }) => [{ type: "card_added", target: newId(), data: { title } }],
});

// #region page
// All that the page may ask for is named, so that what was left by the last reload is found, shown and sent.
const queue = keptQueue({
  mutations: [addCard],
  onOutcome: (outcome, left) => {
    if (outcome.type !== "done") console.log(`"${left.name}" of the last time: ${outcome.type}`);
  },
});
const follow = (url: string, user: string) =>
  new StateSync<StateOf<typeof board>>({ url, user, model: 1, kept: kept(), mutations: mutations({ queue }) });
// #endregion page

// #region leave
// Nobody loses work by signing out: the page asks first, and says what is to become of it.
async function leave(sync: ReturnType<typeof follow>, mayDrop: (count: number) => boolean) {
  try {
    await sync.signOut();
  } catch {
    await sync.signOut({ mutations: mayDrop(sync.pending.length) ? "drop" : "keep" });
  }
}
// #endregion leave

const manager = await StateManager.open({ model: board, store: memoryStore(), mutations: [addCard] });
const mutate = serveMutations({ manager, authorize: () => ({ user: "ann" }) });
const server = createServer((request, response) => void mutate(request, response)).listen(0, "127.0.0.1");
await once(server, "listening");
serveSync(server, { manager });

// Node has no IndexedDB, so here the queue waits in memory, as in a browser without it.
const { port } = server.address() as { port: number };
const sync = follow(`ws://127.0.0.1:${port}/sync`, "ann");
const outcome = await sync.mutate(addCard, { title: "Buy milk" });
if (outcome.type === "done") await sync.reached(outcome.position);
console.log(outcome.type, sync.list("cards")[0]?.title, sync.pending.length);
await leave(sync, () => true);
console.log(sync.status.type, sync.list("cards").length);

await manager.close();
process.exit();
