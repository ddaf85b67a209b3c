/** The rules of a copy are the same for every store: what is refused, and how large a row counts. */

import { SyncError } from "@neverstale/protocol";
import type { ChainEntry, StoredAnswer } from "../contract.ts";
import { charsOf } from "../kept-answers.ts";

export function emptySource(name: string): SyncError {
  return new SyncError("store_unavailable", `there is nothing to copy in ${name}`, {
    hint: "Look at the address. A store of an older release has to be started once with this one, and stopped.",
  });
}

export function filledTarget(name: string): SyncError {
  return new SyncError("store_unavailable", `${name} is not empty`, {
    hint: "A copy writes over nothing: give a target that holds nothing yet.",
  });
}

export function sizeOfEntry(entry: ChainEntry): number {
  if (entry.type === "takeover") return 0;
  return entry.spaces.reduce((sum, { changes }) => sum + (changes?.length ?? 0), 0);
}

export const sizeOfAnswer: (answer: StoredAnswer) => number = charsOf;
