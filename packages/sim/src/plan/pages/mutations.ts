/** Simulated pages may do these: each mutation shows if it is done twice, or out of order, or not at all. */

import { type AnyMutation, defineMutation, type JsonValue, refuse } from "@neverstale/protocol";
import { mainModel } from "../models.ts";

/** These are the arguments of all of them. */
export type PageArgs = {
  /** It names what somebody wanted, and is the idempotency key by which the judges find its effect. */
  readonly intent: string;
  readonly object: string;
  /** With true the authority alone refuses it. */
  readonly refused: boolean;
};

/** A list has so many members at most. The oldest goes first. */
export const LIST_MEMBERS = 3;

/** They come from pages of our own, and are what they should be. */
const anyArgs: AnyArgs = {
  "~standard": { version: 1, vendor: "sim", validate: (value) => ({ value: value as PageArgs }) },
};

interface AnyArgs {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => { readonly value: PageArgs };
    readonly types?: { readonly input: PageArgs; readonly output: PageArgs };
  };
}

type Decide = (value: JsonValue | undefined, intent: string) => JsonValue | null;

/** It sets a register to what `next` makes of the value there. Null: it is refused. */
function onRegister(name: string, next: Decide): AnyMutation {
  return defineMutation({
    name,
    model: mainModel,
    optimistic: true,
    args: anyArgs,
    decide: (state, { intent, object, refused }, { newId, transaction }) => {
      if (refused && transaction !== null) return refuse("not_today", "The server alone knows why.");
      const value = next(state.registers.get(object)?.value, intent);
      if (value === null) return refuse("not_possible", "It is not possible as things stand.");
      return [{ type: "register_set" as const, target: object, data: { value, key: intent, mark: newId() } }];
    },
  }) as AnyMutation;
}

const note = defineMutation({
  name: "note",
  model: mainModel,
  optimistic: true,
  args: anyArgs,
  decide: (_, { intent, refused }, { newId, transaction }) => {
    if (refused && transaction !== null) return refuse("not_today", "The server alone knows why.");
    const [mark, id] = [newId(), newId()];
    return {
      changes: [{ type: "register_set" as const, target: id, data: { value: 0, key: intent, mark } }],
      answer: { id },
    };
  },
}) as AnyMutation;

export const PAGE_MUTATIONS = {
  up: onRegister("count_up", (value = 0) => (value as number) + 1),
  down: onRegister("count_down", (value = 0) => ((value as number) > 0 ? (value as number) - 1 : null)),
  append: onRegister("append", (value = [], intent) => [...(value as string[]), intent].slice(-LIST_MEMBERS)),
  note,
  /** It depends on the note before it. */
  note_up: onRegister("note_up", (value = null) => (value === null ? null : (value as number) + 1)),
} as const;
