import { once } from "node:events";
import { createServer } from "node:http";
import { StateSync } from "@neverstale/client";
import { mutations } from "@neverstale/client/mutations";
import { collection, defineModel, defineMutation, put, refuse, type StateOf } from "@neverstale/protocol";
import { memoryStore, StateManager, serveMutations, serveSync } from "@neverstale/server";
import { z } from "zod";

// Both ends import this. The server decides, and the page shows at once what it will most likely decide.
const board = defineModel({
  model: 1,
  collections: { cards: collection<{ id: string; title: string; by: string }>() },
  changes: { card_added: put("cards") },
});
const addCard = defineMutation({
  name: "add_card",
  model: board,
  optimistic: true,
  args: z.object({ title: z.string().min(1) }),
  decide: ({ cards }, { title }, { user, newId }) => {
    if (cards.size >= 100) return refuse("board_full", "The board holds 100 cards.");
    return [{ type: "card_added", target: newId(), data: { title, by: user } }];
  },
});

// The server: `authorize` says whose request it is.
const manager = await StateManager.open({ model: board, store: memoryStore(), mutations: [addCard] });
const mutate = serveMutations({ manager, authorize: () => ({ user: "ann" }) });
const server = createServer((request, response) => void mutate(request, response)).listen(0, "127.0.0.1");
await once(server, "listening");
serveSync(server, { manager });

// The page.
const { port } = server.address() as { port: number };
const url = `ws://127.0.0.1:${port}/sync`;
const sync = new StateSync<StateOf<typeof board>>({ url, user: "ann", mutations: mutations() });
const asked = sync.mutate(addCard, { title: "Buy milk" });
console.log("shown at once:", sync.list("cards")[0]?.title, sync.pending.length);
const outcome = await asked;
if (outcome.type === "done") await sync.reached(outcome.position);
console.log(outcome.type, sync.list("cards").length, sync.pending.length);

await manager.close();
process.exit();
