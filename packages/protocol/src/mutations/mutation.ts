/** A mutation is something that a person may do to the state: declared once, and decided at both ends by the same function (rule U1). */

import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { JsonValue } from "../json/json.ts";
import type { AskedChange } from "../model/change.ts";
import type { ChangeOf } from "../model/change-of.ts";
import type { Model, StateOf } from "../model/model.ts";
import type { Transaction } from "../model/transaction.ts";

/** `Args` is what a caller gives, and `Answer` what a decision may say beside its changes. */
export interface Mutation<Args = unknown, Answer extends JsonValue = JsonValue, M extends Model = Model> {
  readonly name: string;
  /** The developer raises this number when older arguments mean something else. */
  readonly revision: number;
  readonly model: M;
  readonly args: StandardSchemaV1;
  /** With true its effect is shown before the server has answered (rule U10). */
  readonly optimistic: boolean;
  /** Arguments of an older revision are turned into those of today (rule U21). */
  readonly accepts: Readonly<Record<number, (args: JsonValue) => unknown>>;
  readonly decide: (state: never, args: never, context: MutationContext) => Decided<readonly AskedChange[], JsonValue>;
  /** It is never there: the compiler alone knows by it what callers give, and what they are told. */
  readonly "~types"?: { readonly args: Args; readonly answer: Answer };
}

/** Any mutation, whatever its arguments. */
export type AnyMutation = Mutation<unknown, JsonValue, Model>;

export interface MutationDeclaration<M extends Model, S extends StandardSchemaV1, Answer extends JsonValue> {
  /** The model of the main space, on which the mutation is decided. */
  readonly model: M;
  /** It is written in snake_case. It has at most 64 characters. */
  readonly name: string;
  /** It is 1 when absent. */
  readonly revision?: number;
  /** Any Standard Schema that answers synchronously. What it lets through is given to `decide`. */
  readonly args: S;
  readonly optimistic?: boolean;
  readonly accepts?: Readonly<Record<number, (args: JsonValue) => unknown>>;
  /**
   * It decides on the state, the arguments and the context alone, synchronously, so that both ends decide alike. It returns changes of
   * the main space, with an answer where the caller is to be told something, or what `refuse` returns. What it throws at the
   * server is a fault of the program: the mutation is refused as `mutation_failed`.
   */
  readonly decide: (
    state: StateOf<M>,
    args: StandardSchemaV1.InferOutput<S>,
    context: MutationContext,
  ) => Decided<readonly ChangeOf<M>[], Answer>;
}

export type Decided<Changes, Answer> =
  | Changes
  | { readonly changes: Changes; readonly answer: Answer }
  | MutationRefusal;

/** This is all that a decision knows beside the state and the arguments (rule U3). */
export interface MutationContext {
  /** The one who asks. In a browser it is the user that the replica was given, or "". */
  readonly user: string;
  /** The server's `authorize` told this of the user beside that. In a browser it is null. */
  readonly rights: JsonValue;
  /** The wall clock of the end that decides, in milliseconds since 1970. In a browser it is that of when it was asked for. The two differ. */
  readonly now: number;
  /** Returns an id that is the same at both ends, and that nothing else has. */
  newId(): string;
  /** It reaches the other spaces. In a browser it is null: what a decision does there is seen when it comes. */
  readonly transaction: Transaction | null;
}

/** A refusal is a value: the server has decided that nothing is to happen, and says why (rule U8). */
export class MutationRefusal {
  readonly code: string;
  readonly detail: string;

  constructor(code: string, detail: string) {
    this.code = code;
    this.detail = detail;
  }
}

/** `code` is written in snake_case, for programs. `detail` is one sentence, for people. It throws a plain error for another code. */
export function refuse(code: string, detail: string): MutationRefusal {
  if (!isMutationName(code)) throw new Error(`the code of a refusal is snake_case: "${code}" is not`);
  return new MutationRefusal(code, detail.slice(0, MAX_DETAIL));
}

/** A longer reason is cut off. */
const MAX_DETAIL = 1_024;

/** It checks the declaration, and throws a plain error, as a wrong one is a bug and not an input. */
export function defineMutation<
  const M extends Model,
  const S extends StandardSchemaV1,
  const Answer extends JsonValue = JsonValue,
>(declared: MutationDeclaration<M, S, Answer>): Mutation<StandardSchemaV1.InferInput<S>, Answer, M> {
  const { name, revision = 1, model, args, optimistic = false, accepts = {}, decide } = declared;
  if (!isMutationName(name) || name === DROPPED)
    throw new Error(
      `a mutation can't be called "${name}": names are snake_case, and "${DROPPED}" has a meaning of its own`,
    );
  if (!Number.isSafeInteger(revision) || revision < 1)
    throw new Error(`\`revision\` of "${name}" is no whole number from 1`);
  if (typeof args?.["~standard"]?.validate !== "function")
    throw new Error(`\`args\` of "${name}" is no Standard Schema`);
  if (typeof decide !== "function") throw new Error(`"${name}" has no \`decide\``);
  for (const older of Object.keys(accepts)) {
    if (!(Number(older) >= 1 && Number(older) < revision))
      throw new Error(`\`accepts\` of "${name}" names revision ${older}, which is not below ${revision}`);
  }
  return { name, revision, model, args, optimistic, accepts, decide } as Mutation<
    StandardSchemaV1.InferInput<S>,
    Answer,
    M
  >;
}

/** A page asks for this in the place of a mutation that was dropped before it was sent: its number is used up, and nothing happens. */
export const DROPPED = "dropped";

const MUTATION_NAME = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;

export function isMutationName(name: unknown): name is string {
  return typeof name === "string" && name.length <= 64 && MUTATION_NAME.test(name);
}
