/** A mutation is decided by the same steps at both ends: its arguments are checked, then its function runs (rules U1 and U21). */

import type { AnyState, JsonValue } from "../json/json.ts";
import type { AskedChange } from "../model/change.ts";
import { ignoreWhatComesLater, isThenable } from "../thenable.ts";
import { type AnyMutation, type MutationContext, MutationRefusal } from "./mutation.ts";

/** This came of a decision. */
export type MutationVerdict =
  | { readonly type: "changes"; readonly changes: readonly AskedChange[]; readonly answer: JsonValue }
  | { readonly type: "refused"; readonly code: string; readonly detail: string };

/** These are the arguments as they were given, and the revision for which they were made. */
export interface GivenArgs {
  readonly args: JsonValue;
  readonly revision: number;
}

/** It throws what `decide` throws, and an error for a decision or a schema that answers later. */
export function decideMutation(
  mutation: AnyMutation,
  { args, revision }: GivenArgs,
  state: AnyState,
  context: MutationContext,
): MutationVerdict {
  const today = argsOfToday(mutation, args, revision);
  if (today === null)
    return refused("mutation_outdated", `"${mutation.name}" takes arguments of revision ${revision} no more`);
  const checked = mutation.args["~standard"].validate(today.args);
  if (isThenable(checked)) {
    ignoreWhatComesLater(checked);
    throw new Error(`the schema of "${mutation.name}" answers later: it must answer synchronously`);
  }
  const { issues } = checked;
  if (issues !== undefined) return refused("invalid_args", issues.map(issueText).join("; ").slice(0, 1_024));
  const value = (checked as { readonly value: unknown }).value as never;
  return verdictOf(mutation, mutation.decide(state as never, value, context));
}

function argsOfToday(
  { accepts, revision: today }: AnyMutation,
  args: JsonValue,
  revision: number,
): { readonly args: unknown } | null {
  if (revision === today) return { args };
  return Object.hasOwn(accepts, revision) ? { args: accepts[revision]?.(args) } : null;
}

function verdictOf(mutation: AnyMutation, decided: unknown): MutationVerdict {
  if (decided instanceof MutationRefusal) return refused(decided.code, decided.detail);
  if (Array.isArray(decided)) return { type: "changes", changes: decided, answer: null };
  if (isThenable(decided)) ignoreWhatComesLater(decided);
  else if (typeof decided === "object" && decided !== null && "changes" in decided && Array.isArray(decided.changes)) {
    const { answer = null } = decided as { readonly answer?: JsonValue };
    return { type: "changes", changes: decided.changes, answer };
  }
  throw new Error(`"${mutation.name}" did not decide: it returns changes, or a refusal, and nothing that comes later`);
}

function refused(code: string, detail: string): MutationVerdict {
  return { type: "refused", code, detail };
}

function issueText({ message, path = [] }: SchemaIssue): string {
  const names = path.map((step) => String(typeof step === "object" ? step.key : step));
  return names.length === 0 ? message : `${names.join(".")}: ${message}`;
}

interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}
