/** A decision is made here as the server will make it, as far as the state here goes (rule U10). */

import { type AnyState, decideMutation, type MutationContext, type MutationVerdict } from "@neverstale/protocol";
import { type LineEntry, mutationKey } from "./line.ts";

/** It throws what the decision throws. */
export function decideHere(entry: LineEntry, state: AnyState): MutationVerdict {
  let ids = 0;
  const newId = () => `${mutationKey(entry)}.${++ids}`;
  const { mutation, name, revision, args, user, now } = entry;
  if (mutation === null) throw new Error(`this build does not know "${name}"`);
  const context: MutationContext = { user, rights: null, now, newId, transaction: null };
  return decideMutation(mutation, { args, revision }, state, context);
}

/**
 * The server decides again, and so does the page on every newer state. It throws a plain error for a decision that comes out otherwise
 * when it is made again on the very same state, since that one goes by something that it is not given (rule U1).
 */
export function requireSameAgain(entry: LineEntry, state: AnyState): void {
  const [first, again] = [verdictText(entry, state), verdictText(entry, state)];
  if (first === again) return;
  throw new Error(
    `"${entry.name}" was decided otherwise when it was decided again on the same state: a decision goes by its state, ` +
      "its arguments and its context alone. Take times from `context.now`, and ids from `context.newId`",
  );
}

function verdictText(entry: LineEntry, state: AnyState): string {
  try {
    return JSON.stringify(decideHere(entry, state));
  } catch {
    return "it throws";
  }
}
