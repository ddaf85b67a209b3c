import type { OutputChunk } from "@neverstale/fleet-domain";
import { EMPTY_TERMINAL, feed, type Line, type Terminal } from "./terminal.ts";

/** Lines are kept in blocks, so that a line that is added makes the page draw one block again and no other. */
export const BLOCK_LINES = 100;
/** The page holds this many lines at most; what is older stays on the server. */
export const MAX_BLOCKS = 80;

export interface Block {
  /** The number of its first line since this page began to read; also its identity. */
  readonly first: number;
  readonly lines: readonly Line[];
}

/** What has been read of a command's output. A value: `readChunks` returns the next one. */
export interface Scrollback {
  readonly terminal: Terminal;
  readonly blocks: readonly Block[];
  /** How many lines were read so far. */
  readonly lineCount: number;
  /** The byte offset to go on at; null before the first chunk. */
  readonly offset: number | null;
  /** Bytes or lines before the first shown line are not on this page. */
  readonly cutAtStart: boolean;
}

export const EMPTY_SCROLLBACK: Scrollback = {
  terminal: EMPTY_TERMINAL,
  blocks: [],
  lineCount: 0,
  offset: null,
  cutAtStart: false,
};

/**
 * Takes in what is new in `chunks`, in any order; chunks that were read before are passed over. Where the chunks no
 * longer reach back to where reading stopped, a line says how much is missing. Returns the same value when nothing is new.
 */
export function readChunks(before: Scrollback, chunks: Iterable<OutputChunk>): Scrollback {
  const fresh = [...chunks].filter((chunk) => chunk.offset >= (before.offset ?? 0)).sort((a, b) => a.offset - b.offset);
  return fresh.reduce(readChunk, before);
}

function readChunk(before: Scrollback, chunk: OutputChunk): Scrollback {
  const missing = before.offset === null ? 0 : chunk.offset - before.offset;
  const step = feed(missing > 0 ? EMPTY_TERMINAL : before.terminal, chunk.text);
  const lines = missing > 0 ? [...openLine(before), gapLine(missing), ...step.lines] : step.lines;
  const blocks = append(before, lines);
  return {
    terminal: step.terminal,
    blocks: blocks.slice(-MAX_BLOCKS),
    lineCount: before.lineCount + lines.length,
    offset: chunk.offset + chunk.bytes,
    cutAtStart: before.cutAtStart || (before.offset === null && chunk.offset > 0) || blocks.length > MAX_BLOCKS,
  };
}

function openLine(before: Scrollback): readonly Line[] {
  return before.terminal.open.length === 0 ? [] : [before.terminal.open];
}

function gapLine(missing: number): Line {
  return [{ text: `[${missing.toLocaleString("en")} bytes are not shown here]`, className: "t-note" }];
}

function append(before: Scrollback, lines: readonly Line[]): readonly Block[] {
  const blocks = [...before.blocks];
  let next = before.lineCount;
  for (const line of lines) {
    const last = blocks.at(-1);
    if (last === undefined || last.lines.length >= BLOCK_LINES) blocks.push({ first: next, lines: [line] });
    else blocks[blocks.length - 1] = { first: last.first, lines: [...last.lines, line] };
    next += 1;
  }
  return blocks;
}
