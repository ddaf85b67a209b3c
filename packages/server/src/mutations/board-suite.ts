/** A board whose cards people add, count up and move: the tests of mutations share it. */

import { collection, defineModel, defineMutation, patch, put, refuse, remove } from "@neverstale/protocol";
import type { StandardSchemaV1 } from "@standard-schema/spec";

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

/** A schema of one rule, without a library. */
export function schemaOf<T>(isValid: (value: unknown) => value is T): StandardSchemaV1<T, T> {
  return {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) => (isValid(value) ? { value } : { issues: [{ message: "it is not valid", path: ["it"] }] }),
    },
  };
}

const withText = (name: string) => (value: unknown) =>
  typeof value === "object" && value !== null && typeof (value as Record<string, unknown>)[name] === "string";

export const addCard = defineMutation({
  name: "add_card",
  model: board,
  optimistic: true,
  args: schemaOf(withText("title") as (value: unknown) => value is { title: string }),
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
  args: schemaOf(withText("id") as (value: unknown) => value is { id: string }),
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
  args: schemaOf(withText("how") as (value: unknown) => value is { how: string }),
  decide: (_, { how }, { transaction }) => {
    if (how === "throw") throw new Error("the program has a fault");
    transaction?.add("main", [
      { type: "card_put", target: "half", data: { id: "half", title: "half done", count: 0 } },
    ]);
    if (how === "throw_half") throw new Error("the program has a fault, half way through");
    return [{ type: "card_patched", target: "nobody", data: { count: 1 } }];
  },
});
