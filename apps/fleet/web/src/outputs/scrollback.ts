/** The scrollback is what the page has read of a command's output and still shows. */

import type { OutputChunk } from "@neverstale/fleet-domain";
import { EMPTY_TERMINAL, feed, type Terminal, type TerminalLine } from "./terminal.ts";

/**
 * It reads what is new in `chunks`, in any order, and passes over chunks that it has read before. Where the chunks no longer reach
 * back to where reading stopped, a line says how much is missing. It returns the same value when nothing is new.
 */
export function readChunks(before: Scrollback, chunks: Iterable<OutputChunk>): Scrollback {
  const fresh = [...chunks].filter((chunk) => chunk.offset >= (before.offset ?? 0)).sort((a, b) => a.offset - b.offset);
  return fresh.reduce(readChunk, before);
}

/** Lines are kept in blocks of this size, so that a new line makes the page draw one block again and no other. */
export const BLOCK_LINES = 100;
/** The page holds no more blocks. Older lines stay on the server. */
export const MAX_BLOCKS = 80;

export interface Block {
  /** This is the number of its first line since the page began to read, and the block's identity. */
  readonly first: number;
  readonly lines: readonly TerminalLine[];
}

/** It is a value: `readChunks` returns the next one. */
export interface Scrollback {
  readonly terminal: Terminal;
  readonly blocks: readonly Block[];
  /** This counts the lines that were read so far. */
  readonly lineCount: number;
  /** Reading goes on at this byte of the output. Null means that no chunk was read yet. */
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

function readChunk(before: Scrollback, chunk: OutputChunk): Scrollback {
  const missing = before.offset === null ? 0 : chunk.offset - before.offset;
  const read = feed(missing > 0 ? EMPTY_TERMINAL : before.terminal, chunk.text);
  const lines = missing > 0 ? [...openLine(before), gapLine(missing), ...read.lines] : read.lines;
  const blocks = append(before, lines);
  return {
    terminal: read.terminal,
    blocks: blocks.slice(-MAX_BLOCKS),
    lineCount: before.lineCount + lines.length,
    offset: chunk.offset + chunk.bytes,
    cutAtStart: before.cutAtStart || (before.offset === null && chunk.offset > 0) || blocks.length > MAX_BLOCKS,
  };
}

function openLine(before: Scrollback): readonly TerminalLine[] {
  return before.terminal.open.length === 0 ? [] : [before.terminal.open];
}

function gapLine(missing: number): TerminalLine {
  return [{ text: `[${missing.toLocaleString("en")} bytes are not shown here]`, className: "t-note" }];
}

function append(before: Scrollback, lines: readonly TerminalLine[]): readonly Block[] {
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
