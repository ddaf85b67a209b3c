/** A connection is told which mutations of its page are in the state that it is brought to (rule U11). */

import { encodeMessage, type KeptOutcome } from "@neverstale/protocol";
import { LINES_SPACE, type LineRow, type Lines } from "../mutations/lines-space.ts";
import type { HubParts } from "./hub-parts.ts";
import type { Frame } from "./wire.ts";

export class ToldLines {
  readonly #parts: Pick<HubParts, "groups" | "frames">;
  /** The connection has named these lines, and was told these numbers of them last. */
  readonly #told: Map<string, number>;

  constructor(lines: readonly string[], parts: Pick<HubParts, "groups" | "frames">) {
    this.#parts = parts;
    this.#told = new Map(lines.map((line) => [line, 0]));
  }

  /** It returns what is to be put directly in front of a message that brings the connection to `version`. */
  dueAt(version: number): Frame[] {
    const { groups, frames } = this.#parts;
    const lines = groups.space(LINES_SPACE)?.state.lines as Lines | undefined;
    if (lines === undefined) return [];
    const due: Frame[] = [];
    for (const [line, told] of this.#told) {
      const row = lines.get(line);
      if (row === undefined || row.last <= told) continue;
      const n = lastUpTo(row, told, version);
      if (n === told) continue;
      this.#told.set(line, n);
      due.push(frames.encode(encodeMessage({ type: "mutated", line, n, version }), false));
    }
    return due;
  }
}

/** It returns the last number of which all up to it took effect, or were refused, at `version` or below. */
function lastUpTo({ last, outcomes }: LineRow, told: number, version: number): number {
  // They stand in the order of their numbers, as whole numbers do. The page has heard of those that are not kept.
  for (const [number, kept] of Object.entries(outcomes)) {
    const n = Number(number);
    if (n > told && (JSON.parse(kept) as KeptOutcome).version > version) return n - 1;
  }
  return last;
}
