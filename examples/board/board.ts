import { collection, defineModel, defineMutation, patch, put, refuse, remove } from "@neverstale/protocol";
import { z } from "zod";

export const board = defineModel({
  model: 1,
  collections: { cards: collection(z.object({ id: z.string(), title: z.string(), done: z.boolean() })) },
  changes: { card_added: put("cards"), card_changed: patch("cards"), card_removed: remove("cards") },
});

export const addCard = defineMutation({
  name: "add_card",
  model: board,
  optimistic: true,
  args: z.object({ title: z.string().trim().min(1).max(200) }),
  decide: ({ cards }, { title }, { newId }) => {
    if (cards.size >= 100) return refuse("board_full", "The board holds 100 cards.");
    return [{ type: "card_added", target: newId(), data: { title, done: false } }];
  },
});

export const finishCard = defineMutation({
  name: "finish_card",
  model: board,
  optimistic: true,
  args: z.object({ id: z.string() }),
  decide: ({ cards }, { id }) => {
    if (!cards.has(id)) return refuse("card_gone", "Somebody has removed this card.");
    return [{ type: "card_changed", target: id, data: { done: true } }];
  },
});
