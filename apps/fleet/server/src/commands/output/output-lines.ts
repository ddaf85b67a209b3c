/** The lines of an output are cut from its pieces, numbered, with the byte at which each begins. */

import { PlainText } from "@neverstale/fleet-domain";
import { utf8Bytes } from "@neverstale/protocol";
import type { OutputPiece, OutputPlace } from "./output-pieces.ts";

export interface OutputLine {
  /** The first line has the number 1. */
  readonly line: number;
  /** It begins at this byte of the output, as far as all of it was UTF-8. */
  readonly offset: number;
  /** Its first piece was received then. */
  readonly at: string | null;
  /** It is as it was written, without the end of the line. */
  readonly text: string;
  /** It goes on as the next one, under the same number, because it is so long. */
  readonly goesOn: boolean;
  /** It had an end, or is the last one of what there is now. */
  readonly place: OutputPlace;
}

/** A longer line comes in several parts (B142). It bounds what is held of an output, whatever a program writes. */
export const MOST_LINE_CHARS = 16_384;

/** `first` is the number of the line that begins at the first of these pieces' `offset` that is not below `from`. */
export async function* outputLines(
  pieces: AsyncIterable<OutputPiece>,
  { from, first, mostChars = MOST_LINE_CHARS }: LinesAsked = { from: { offset: 0, after: 0 }, first: 1 },
): AsyncGenerator<OutputLine> {
  let line = first;
  let open: Open | null = null;
  let isBegun = from.offset > 0;
  for await (const piece of pieces) {
    if (!isBegun) line = piece.line ?? first; // The beginning may have been let go of.
    isBegun = true;
    let rest = textFrom(piece, from.offset);
    let offset = Math.max(piece.offset, from.offset);
    while (rest !== "") {
      open ??= { offset, at: piece.at, text: "", place: { offset, after: piece.after } };
      const room = mostChars - open.text.length;
      const end = rest.indexOf("\n");
      const isWhole = end !== -1 && end <= room;
      const taken = isWhole ? rest.slice(0, end) : cut(rest, room);
      open.text += taken;
      rest = rest.slice(taken.length + (isWhole ? 1 : 0));
      offset += utf8Bytes(taken) + (isWhole ? 1 : 0);
      if (!isWhole && open.text.length < mostChars - 1) continue;
      yield { line, ...open, goesOn: !isWhole };
      open = null;
      if (isWhole) line += 1;
    }
  }
  if (open !== null) yield { line, ...open, goesOn: false };
}

interface LinesAsked {
  readonly from: OutputPlace;
  readonly first: number;
  /** A longer line comes in several parts. */
  readonly mostChars?: number;
}

interface Open {
  readonly offset: number;
  readonly at: string | null;
  text: string;
  readonly place: OutputPlace;
}

/** It leaves out what a terminal would obey. An escape sequence never reaches beyond its line. */
export function withoutEscapes(text: string): string {
  return CONTROLS.test(text) ? new PlainText().read(text) : text;
}

/** Most lines have none of these, and are what they are. */
const CONTROLS = /[^\P{Cc}\t]/u;

/** A piece may begin before the place from which on lines are asked for. */
function textFrom({ offset, text }: OutputPiece, from: number): string {
  let skip = from - offset;
  if (skip <= 0) return text;
  let at = 0;
  for (; at < text.length && skip > 0; at += 1) {
    const code = text.codePointAt(at) ?? 0;
    skip -= code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (code >= 0x10000) at += 1;
  }
  return text.slice(at);
}

/** No character is cut in half. */
function cut(text: string, length: number): string {
  const code = text.charCodeAt(length - 1);
  const isHalf = text.length > length && code >= 0xd800 && code <= 0xdbff;
  return text.slice(0, isHalf ? length - 1 : length);
}
