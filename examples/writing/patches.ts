import { collection, defineModel, defineMutation, patch, put } from "@neverstale/protocol";
import { memoryStore, StateManager } from "@neverstale/server";
import { z } from "zod";

// #region patch
const fields = { title: z.string().min(1), note: z.string().max(500) };
const Card = z.object({ id: z.string(), title: fields.title, note: fields.note.exactOptional() });

// Each member may be left out. `null` takes away the note, which a card need not have.
const CardPatch = z.object({ title: fields.title.exactOptional(), note: fields.note.nullable().exactOptional() });
// #endregion patch

const model = defineModel({
  model: 1,
  collections: { cards: collection(Card) },
  changes: { card_added: put("cards"), card_changed: patch("cards", { missing: "refuse" }) },
});
const changeCard = defineMutation({
  name: "change_card",
  model,
  args: z.object({ id: z.string(), data: CardPatch }),
  decide: (_, { id, data }) => [{ type: "card_changed", target: id, data }],
});

const manager = await StateManager.open({ model, store: memoryStore(), mutations: [changeCard] });
await manager.apply({ type: "card_added", target: "1", data: { title: "Milk", note: "two" } });
await manager.apply({ type: "card_changed", target: "1", data: CardPatch.parse({ title: "Oat milk" }) });
console.log(manager.state.cards.get("1"));
await manager.apply({ type: "card_changed", target: "1", data: CardPatch.parse({ note: null }) });
console.log(manager.state.cards.get("1"), CardPatch.safeParse({ title: undefined }).success);
await manager.close();
