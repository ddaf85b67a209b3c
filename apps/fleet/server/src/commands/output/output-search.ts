/** The search goes through all of an output, a bounded part for each request, and says where to go on. */

import type { OutputMatch, OutputSearchAnswer, OutputSearchQuery } from "@neverstale/fleet-domain";
import { utf8Bytes } from "@neverstale/protocol";
import type { z } from "zod";
import { RequestRefusal } from "../../fleet/refusal.ts";
import type { FleetManager } from "../../fleet/state.ts";
import { type OutputLine, outputLines, withoutEscapes } from "./output-lines.ts";
import { type OutputPattern, patternOf } from "./output-pattern.ts";
import { OUTPUT_BEGIN, outputPieces } from "./output-pieces.ts";

/** So many searches run at once (B144), and each goes through so much for one answer (B143). */
const MOST_AT_ONCE = 4;
const MOST_BYTES = 32 * 1024 * 1024;
const MOST_MS = 1_000;
/** It lets others get their turn so often. */
const SLICE_MS = 15;
const TEXT_CHARS = 300;

export class OutputSearch {
  readonly #parts: OutputSearchParts;
  #running = 0;
  #refused = 0;
  #bytes = 0;

  constructor(parts: OutputSearchParts) {
    this.#parts = parts;
  }

  /** It throws a `RequestRefusal` where too many search already, and for a pattern or a place that can't be. */
  async find(commandId: string, query: z.output<typeof OutputSearchQuery>): Promise<OutputSearchAnswer> {
    const pattern = patternOf(query);
    const begin = placeOf(query.from);
    if (this.#running >= MOST_AT_ONCE) {
      this.#refused += 1;
      throw new RequestRefusal("too_many_requests", "others are searching", { retryAfterS: 1, hint: "Try again." });
    }
    this.#running += 1;
    try {
      return await this.#find(commandId, pattern, begin, query.limit);
    } finally {
      this.#running -= 1;
    }
  }

  async #find(commandId: string, pattern: OutputPattern, begin: Begin, limit: number): Promise<OutputSearchAnswer> {
    const { manager, steadyNow, pause } = this.#parts;
    const until = steadyNow() + MOST_MS;
    const matches: OutputMatch[] = [];
    let slice = steadyNow() + SLICE_MS;
    let bytes = 0;
    let last: string | null = null;
    const lines = { ...begin, mostChars: pattern.mostChars };
    for await (const line of outputLines(outputPieces(manager, commandId, begin.from), lines)) {
      const isOver = bytes >= MOST_BYTES || steadyNow() >= until;
      if (bytes > 0 && (matches.length === limit || isOver)) return this.#answer(matches, nextAt(line), last, bytes);
      const text = withoutEscapes(line.text);
      const found = pattern.find(text);
      if (found !== null) matches.push(matchOf(line, text, found));
      last = nextAt(line);
      bytes += utf8Bytes(line.text) + 1;
      if (steadyNow() < slice) continue;
      await pause();
      slice = steadyNow() + SLICE_MS;
    }
    return this.#answer(matches, null, last, bytes);
  }

  #answer(
    matches: readonly OutputMatch[],
    next: string | null,
    goOn: string | null,
    searchedBytes: number,
  ): OutputSearchAnswer {
    this.#bytes += searchedBytes;
    return { matches, next, goOn, searchedBytes };
  }

  get metrics(): { readonly [name: string]: number } {
    return {
      outputSearches: this.#running,
      limitOutputSearches: MOST_AT_ONCE,
      outputSearchesRefused: this.#refused,
      outputBytesSearched: this.#bytes,
    };
  }
}

export interface OutputSearchParts {
  readonly manager: Pick<FleetManager, "history" | "space">;
  readonly steadyNow: () => number;
  readonly pause: () => Promise<void>;
}

/** It shows the text around a match of a long line. */
function matchOf({ line, offset, at }: OutputLine, text: string, [start, end]: readonly [number, number]): OutputMatch {
  const from = Math.max(0, start - Math.floor((TEXT_CHARS - Math.min(end - start, TEXT_CHARS)) / 2));
  return {
    line,
    offset,
    column: start,
    length: end - start,
    text: text.slice(from, from + TEXT_CHARS).toWellFormed(),
    textColumn: from,
    ...(at !== null && { at }),
  };
}

interface Begin {
  readonly from: { readonly offset: number; readonly after: number };
  readonly first: number;
}

/** A place is `<line>-<byte>-<position in the history>`. */
function nextAt({ line, place }: OutputLine): string {
  return `${line}-${place.offset}-${place.after}`;
}

function placeOf(from: string | undefined): Begin {
  if (from === undefined) return { from: OUTPUT_BEGIN, first: 1 };
  const [, line, offset, after] = /^(\d{1,15})-(\d{1,15})-(\d{1,15})$/.exec(from) ?? [];
  if (line === undefined)
    throw new RequestRefusal("bad_request", "from is no answer's next", { hint: "Begin again without it." });
  return { from: { offset: Number(offset), after: Number(after) }, first: Number(line) };
}
