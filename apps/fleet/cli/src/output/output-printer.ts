/** The output printer prints each chunk of a command's output once, in order, as the chunks become known. */

import type { OutputPieceLine } from "@neverstale/fleet-domain";
import { OwnTerminal, SharedTerminal, type TerminalText } from "../terminal/terminal-text.ts";

/** Pieces of an output go there, in any order and more than once. Each byte is put out once. */
export interface OutputSink {
  /** So many bytes of the output were put out, or are said to be missing. */
  readonly offset: number;
  /** Puts out what follows on what was put out before. False means that there is more behind a hole. */
  print: (pieces: Iterable<OutputPieceLine>) => boolean;
  /** Puts out all, and says where something is missing. */
  printAcross: (pieces: Iterable<OutputPieceLine>) => void;
  /** Nothing follows. */
  end: () => void;
}

export class OutputPrinter implements OutputSink {
  offset = 0;
  readonly #write: (text: string) => void;
  readonly #prefix: string;
  /** Null means that the output is printed as it was written. */
  readonly #terminal: TerminalText | null;
  #atLineStart = true;

  constructor(write: (text: string) => void, { prefix, strip, colours = true }: PrinterOptions) {
    this.#write = write;
    this.#prefix = prefix;
    this.#terminal = !strip ? null : prefix === "" ? new OwnTerminal(colours) : new SharedTerminal();
  }

  print(pieces: Iterable<OutputPieceLine>): boolean {
    return this.#printBehind(pieces, false);
  }

  printAcross(pieces: Iterable<OutputPieceLine>): void {
    this.#printBehind(pieces, true);
  }

  #printBehind(pieces: Iterable<OutputPieceLine>, across: boolean): boolean {
    for (const piece of piecesBehind(this.offset, pieces)) {
      if (piece.offset > this.offset) {
        if (!across) return false;
        this.#say(`${piece.offset - this.offset} bytes before this are not there any more`);
      }
      this.#put(this.#fit(piece.text));
      this.offset = piece.offset + piece.bytes;
    }
    return true;
  }

  /** Ends the last line if it has no end yet. */
  end(): void {
    this.#put(this.#terminal?.rest() ?? "");
    this.#write(this.#terminal?.reset() ?? "");
    if (!this.#atLineStart) this.#write("\n");
    this.#atLineStart = true;
  }

  /** Prints the words on a line of their own. */
  #say(words: string): void {
    this.end();
    this.#put(`[${words}]\n`);
  }

  #fit(text: string): string {
    return this.#terminal?.read(text) ?? text;
  }

  #put(text: string): void {
    if (text === "") return;
    const lines =
      this.#prefix === ""
        ? text
        : text.replace(/^|(?<=\n)/g, (_, at: number) =>
            at === text.length || (at === 0 && !this.#atLineStart) ? "" : this.#prefix,
          );
    this.#write(lines);
    this.#atLineStart = text.endsWith("\n");
  }
}

/** Returns what the pieces hold behind an offset, in order. Of a piece that begins before it the rest counts. */
export function piecesBehind(offset: number, pieces: Iterable<OutputPieceLine>): OutputPieceLine[] {
  let end = offset;
  const behind: OutputPieceLine[] = [];
  for (const piece of [...pieces].sort((a, b) => a.offset - b.offset)) {
    const pieceEnd = piece.offset + piece.bytes;
    if (pieceEnd <= end) continue;
    behind.push(piece.offset >= end ? piece : restOf(piece, end));
    end = pieceEnd;
  }
  return behind;
}

function restOf({ text, offset, bytes, ...rest }: OutputPieceLine, from: number): OutputPieceLine {
  const left = decoder.decode(encoder.encode(text).subarray(from - offset));
  return { ...rest, text: left, offset: from, bytes: offset + bytes - from };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export interface PrinterOptions {
  /** It goes before each line. */
  readonly prefix: string;
  /** True means that all is removed which a terminal should not obey. */
  readonly strip: boolean;
  /** False means that colours are removed, too. */
  readonly colours?: boolean;
}
