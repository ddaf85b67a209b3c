/** The window is the part of a command's output that the page holds: pieces without a gap, and the rows that they make. */

import type { OutputPieceLine } from "@neverstale/fleet-domain";
import { EMPTY_TERMINAL, feed, type Terminal } from "./terminal/terminal.ts";
import type { Segment } from "./terminal/terminal-line.ts";

/** It is a piece as the server has it. */
export type LoadedPiece = OutputPieceLine;

export interface OutputRow {
  readonly segments: readonly Segment[];
  /** It is the number of its line in the whole output. Null means that the server did not count, or that a row before belongs to the same line. */
  readonly line: number | null;
  /** The first of it came then. */
  readonly at: string | null;
}

/** Rows are kept in parts, so that a new row makes the page draw one part again and no other. */
export interface WindowPart {
  /** Its first piece begins at this byte of the output, which is the part's identity. */
  readonly first: number;
  /** The next part begins at this byte. */
  readonly end: number;
  readonly pieces: readonly LoadedPiece[];
  readonly rows: readonly OutputRow[];
  readonly chars: number;
  /** It was read from there on. */
  readonly begin: Reading;
  /** Reading goes on from here. */
  readonly after: Reading;
}

interface Reading {
  readonly terminal: Terminal;
  /** The open line has this number. */
  readonly line: number | null;
  /** The first of the open row came then. Null means that it is empty. */
  readonly at: string | null;
  /** The open row goes on a line that has begun in the row before. */
  readonly isContinued: boolean;
}

/** It is a value: each function returns the next one. */
export type OutputWindow = readonly WindowPart[];

export const EMPTY_WINDOW: OutputWindow = [];

/** A part takes up no more than about so much. */
const PART_ROWS = 100;
const PART_CHARS = 16_384;
/** The window holds no more than this (B162). Whatever is farther away is loaded again when somebody comes there. */
export const MAX_ROWS = 5_000;
export const MAX_CHARS = 400_000;

export function windowOf(pieces: readonly LoadedPiece[]): OutputWindow {
  return append(EMPTY_WINDOW, pieces);
}

/** The first of the pieces begins where the window ends. */
export function append(window: OutputWindow, pieces: readonly LoadedPiece[]): OutputWindow {
  return pieces.reduce(appendPiece, window);
}

/** The last of the pieces ends where the window begins. What they leave open changes the rows behind them, such as a line that began before. */
export function prepend(window: OutputWindow, pieces: readonly LoadedPiece[]): OutputWindow {
  const before = windowOf(pieces);
  const last = before.at(-1);
  if (last === undefined) return window;
  const behind: WindowPart[] = [];
  for (const part of window) {
    const { after } = behind.at(-1) ?? last;
    if (isSame(part.begin, after)) break;
    behind.push(part.pieces.reduce(readOn, emptyPart(part.first, after)));
  }
  return [...before, ...behind, ...window.slice(behind.length)];
}

/** It lets go of what is farthest before the end. One part may reach beyond the bounds. */
export function withoutStart(window: OutputWindow): OutputWindow {
  const kept = withinBounds(window.toReversed());
  return kept === window.length ? window : window.slice(window.length - kept);
}

/** It lets go of what is farthest behind the beginning. One part may reach beyond the bounds. */
export function withoutEnd(window: OutputWindow): OutputWindow {
  const kept = withinBounds(window);
  return kept === window.length ? window : window.slice(0, kept);
}

function withinBounds(parts: readonly WindowPart[]): number {
  let [rows, chars, count] = [0, 0, 0];
  for (const part of parts) {
    if (rows >= MAX_ROWS || chars >= MAX_CHARS) break;
    [rows, chars, count] = [rows + part.rows.length, chars + part.chars, count + 1];
  }
  return count;
}

/** So much is added at once at most, so that the rows in sight stay within the bounds. A piece of nothing but line ends has 4,096 rows. */
const ADDED_ROWS = MAX_ROWS / 4;
const ADDED_CHARS = MAX_CHARS / 4;

/** It returns the first of the pieces, or the last ones, that are not too many to be added to a window. */
export function addable(pieces: readonly LoadedPiece[], which: "first" | "last"): readonly LoadedPiece[] {
  const ordered = which === "first" ? pieces : pieces.toReversed();
  let [rows, chars, count] = [0, 0, 0];
  for (const { text } of ordered) {
    [rows, chars] = [rows + text.split("\n").length - 1, chars + text.length];
    if (count > 0 && (rows > ADDED_ROWS || chars > ADDED_CHARS)) break;
    count += 1;
  }
  return which === "first" ? pieces.slice(0, count) : pieces.slice(pieces.length - count);
}

export function isWindowFull(window: OutputWindow): boolean {
  return withoutStart(window) !== window;
}

/** The window covers the bytes from this one on. Null means that it is empty. */
export function windowBegin(window: OutputWindow): number | null {
  return window[0]?.first ?? null;
}

export function windowEnd(window: OutputWindow): number | null {
  return window.at(-1)?.end ?? null;
}

/** It returns the row that is being written. */
export function openRow(window: OutputWindow): OutputRow | null {
  const last = window.at(-1);
  if (last === undefined) return null;
  const { terminal, line, at, isContinued } = last.after;
  return { segments: terminal.open.segments, line: isContinued ? null : line, at };
}

/** It says whether a line stands in the window. */
export function holdsLine(window: OutputWindow, line: number): boolean {
  const first = window[0]?.pieces[0]?.line;
  const last = window.at(-1)?.after.line;
  return (
    first !== undefined &&
    last !== undefined &&
    last !== null &&
    line > first - (window[0]?.first === 0 ? 1 : 0) &&
    line <= last
  );
}

function appendPiece(window: OutputWindow, piece: LoadedPiece): OutputWindow {
  const last = window.at(-1);
  if (last === undefined) return [readOn(emptyPart(piece.offset, readingAt(piece)), piece)];
  if (last.rows.length >= PART_ROWS || last.chars >= PART_CHARS)
    return [...window, readOn(emptyPart(piece.offset, last.after), piece)];
  return [...window.slice(0, -1), readOn(last, piece)];
}

function emptyPart(first: number, begin: Reading): WindowPart {
  return { first, end: first, pieces: [], rows: [], chars: 0, begin, after: begin };
}

function readingAt({ line }: LoadedPiece): Reading {
  return { terminal: EMPTY_TERMINAL, line: line ?? null, at: null, isContinued: false };
}

function readOn(part: WindowPart, piece: LoadedPiece): WindowPart {
  const before = part.after;
  const { terminal, lines } = feed(before.terminal, piece.text);
  const at = piece.at ?? null;
  let line = piece.line ?? before.line;
  let isContinued = before.isContinued;
  const rows = lines.map(({ segments, goesOn }, index): OutputRow => {
    const row = { segments, line: isContinued ? null : line, at: index === 0 ? (before.at ?? at) : at };
    isContinued = goesOn;
    if (!goesOn && line !== null) line += 1;
    return row;
  });
  const isOpen = terminal.open.segments.length > 0;
  const openSince = lines.length === 0 ? (before.at ?? at) : at;
  return {
    ...part,
    end: piece.offset + piece.bytes,
    pieces: [...part.pieces, piece],
    rows: [...part.rows, ...rows],
    chars: part.chars + piece.text.length,
    after: { terminal, line, at: isOpen ? openSince : null, isContinued },
  };
}

function isSame(one: Reading, other: Reading): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
