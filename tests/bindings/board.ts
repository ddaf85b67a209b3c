/** The board is what the bindings are tried on: its cards have a title, and a number that moves on all of them together. */

import {
  collection,
  defineModel,
  defineMutation,
  patch,
  put,
  refuse,
  remove,
  type StateOf,
} from "@neverstale/protocol";
import { z } from "zod";

export interface Card {
  readonly id: string;
  readonly title: string;
  readonly n: number;
}

export const board = defineModel({
  model: 1,
  collections: { cards: collection<Card>() },
  changes: { card_put: put("cards"), card_moved: patch("cards"), card_removed: remove("cards") },
});

export type Board = StateOf<typeof board>;

export const addCard = defineMutation({
  name: "add_card",
  model: board,
  optimistic: true,
  args: z.object({ title: z.string() }),
  decide: ({ cards }, { title }, { newId }) => {
    if (title === "") return refuse("no_title", "A card needs a title.");
    return [{ type: "card_put", target: newId(), data: { title, n: cards.size } }];
  },
});
