/** Pieces of an output are put out as lines of JSON, for programs. */

import type { OutputPieceLine } from "@neverstale/fleet-domain";
import { plainJson } from "../terminal/plain-text.ts";
import { type OutputSink, piecesBehind } from "./output-printer.ts";

/** Each line has the offset of its piece, by which a hole shows itself. */
export class JsonPieces implements OutputSink {
  offset = 0;
  readonly #write: (text: string) => void;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  print(pieces: Iterable<OutputPieceLine>): boolean {
    for (const piece of piecesBehind(this.offset, pieces)) {
      if (piece.offset > this.offset) return false;
      this.#put(piece);
    }
    return true;
  }

  printAcross(pieces: Iterable<OutputPieceLine>): void {
    for (const piece of piecesBehind(this.offset, pieces)) this.#put(piece);
  }

  end(): void {}

  #put({ offset, bytes, at, text }: OutputPieceLine): void {
    this.#write(`${plainJson(JSON.stringify({ offset, bytes, ...(at !== undefined && { at }), text }))}\n`);
    this.offset = offset + bytes;
  }
}
