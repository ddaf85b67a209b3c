/** A board whose cards people add, count up and move: the tests of mutations share it. */

import { collection, defineModel, defineMutation, patch, put, refuse, remove } from "@neverstale/protocol";
import { z } from "zod";

export interface Card {
  readonly id: string;
  readonly title: string;
  readonly count: number;
}

export const board = defineModel({
  model: 1,
  collections: { cards: collection<Card>() },
  changes: {
    card_put: put("cards"),
    card_patched: patch("cards", { missing: "refuse" }),
    card_removed: remove("cards"),
  },
});

export const addCard = defineMutation({
  name: "add_card",
  model: board,
  optimistic: true,
  args: z.object({ title: z.string() }),
  decide: (state, { title }, { newId }) => {
    if (state.cards.size >= 1_000) return refuse("board_full", "The board holds 1,000 cards.");
    const id = newId();
    return { changes: [{ type: "card_put", target: id, data: { id, title, count: 0 } }], answer: { id } };
  },
});

/** It takes effect once, or it shows. */
export const countUp = defineMutation({
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

/** Its decision fails in the way that is asked for. */
export const failOn = defineMutation({
  name: "fail_on",
  model: board,
  args: z.object({ how: z.string() }),
  decide: (_, { how }, { transaction }) => {
    if (how === "throw") throw new Error("the program has a fault");
    transaction?.add("main", [
      { type: "card_put", target: "half", data: { id: "half", title: "half done", count: 0 } },
    ]);
    if (how === "throw_half") throw new Error("the program has a fault, half way through");
    return [{ type: "card_patched", target: "nobody", data: { count: 1 } }];
  },
});
