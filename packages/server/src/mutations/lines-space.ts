/** A space of its own holds what is known of the lines of mutations. Nobody may follow it. */

import { collection, defineModel, type JsonValue, patch, put, remove, type StateOf } from "@neverstale/protocol";

/**
 * So it is stored in the transaction of each effect, comes back after a restart, goes to every node with the chain, and is bounded, by
 * what does this for any space.
 */
export const LINES_SPACE = "~lines";

/** A record is one line (rule U7). */
export interface LineRow {
  readonly id: string;
  readonly user: string;
  /** All numbers up to this one have been decided, and no other. */
  readonly last: number;
  /** The wall clock of the writer said this when the line was used last, in milliseconds since 1970. */
  readonly usedAt: number;
  /** These are the outcomes that its page is not known to have heard of, by number: each a `KeptOutcome` as JSON. */
  readonly outcomes: Readonly<Record<string, string>>;
}

export const linesModel = defineModel({
  model: 0,
  collections: {
    lines: collection<LineRow & Readonly<Record<string, JsonValue | undefined>>>(),
    dropped: collection<DroppedRow>(),
  },
  changes: {
    line_begun: put("lines"),
    line_moved: patch("lines"),
    line_dropped: remove("lines"),
    lines_dropped: put("dropped"),
  },
});

/** All lines that were dropped are one record. */
export const DROPPED_LINES = "all";

export interface DroppedRow {
  readonly id: string;
  /** None of them was named later than this, in milliseconds since 1970. No line that was named by then is begun any more. */
  readonly namedUpTo: number;
}

export type Lines = StateOf<typeof linesModel>["lines"];
