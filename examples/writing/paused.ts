import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { StateSync } from "@neverstale/client";
import { mutations } from "@neverstale/client/mutations";
import { collection, defineModel, defineMutation, put, refuse } from "@neverstale/protocol";
import { memoryStore, StateManager, serveMutations, serveSync } from "@neverstale/server";
import { z } from "zod";

const board = defineModel({
  model: 1,
  collections: { cards: collection<{ id: string; title: string }>() },
  changes: { card_added: put("cards") },
});
const userOf = (_: IncomingMessage) => "ann";
const mayWrite = new Set<string>();

// #region rights
const addCard = defineMutation({
  name: "add_card",
  model: board,
  args: z.object({ title: z.string() }),
  decide: (_, { title }, { rights, newId }) =>
    rights === "write"
      ? [{ type: "card_added", target: newId(), data: { title } }]
      : refuse("paused", "Your account is paused."),
});

const manager = await StateManager.open({ model: board, store: memoryStore(), mutations: [addCard] });
const mutate = serveMutations({
  manager,
  // Whoever is paused is let in, and is refused by the decision. `{ refuse: 403 }` is for who has no business here at all.
  authorize: (request) => {
    const user = userOf(request);
    return { user, rights: mayWrite.has(user) ? "write" : "read" };
  },
});
// #endregion rights

const server = createServer((request, response) => void mutate(request, response)).listen(0, "127.0.0.1");
await once(server, "listening");
serveSync(server, { manager });
const { port } = server.address() as { port: number };
const sync = new StateSync({ url: `ws://127.0.0.1:${port}/sync`, user: "ann", mutations: mutations() });

const first = await sync.mutate(addCard, { title: "Buy milk" });
console.log(first.type, first.type === "refused" ? first.code : "");
mayWrite.add("ann");
console.log((await sync.mutate(addCard, { title: "Buy milk" })).type, manager.state.cards.size);

await manager.close();
process.exit();
