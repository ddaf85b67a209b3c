/** A base is all records of a space at one version, as a text that is cut into pieces for the store. */

import type { StoredRecord } from "../store/contract.ts";

/** It says of a base what must be known before it is read. It is written last, so a base without it is not whole. */
export interface BaseFacts {
  readonly version: number;
  /** The version was given out in this epoch. */
  readonly epoch: string;
  readonly creationId: string;
  /** The wall clock said this at the commit, in milliseconds since 1970. */
  readonly at: number;
  /** This is the digest of the state at the version. */
  readonly digest: string;
  readonly pieces: number;
  readonly chars: number;
}

/** It returns the pieces of the text, each of them no longer than `MOST_PIECE_CHARS`. The next one is made when it is asked for. */
export function* basePieces(records: Iterable<StoredRecord>): Iterable<string> {
  let text = "";
  for (const { collection, id, version, text: record } of records) {
    text += `${JSON.stringify([collection, id, version, record])}\n`;
    while (text.length >= MOST_PIECE_CHARS) {
      const cut = cutOf(text);
      yield text.slice(0, cut);
      text = text.slice(cut);
    }
  }
  if (text !== "") yield text;
}

/** A character of two code units is not cut apart, or a store that keeps UTF-8 would lose it. */
function cutOf(text: string): number {
  const last = text.charCodeAt(MOST_PIECE_CHARS - 1);
  return last >= 0xd800 && last <= 0xdbff ? MOST_PIECE_CHARS - 1 : MOST_PIECE_CHARS;
}

/** It takes the pieces in their order, and returns the records that are whole by then. */
export class PieceReader {
  #rest = "";

  take(piece: string): readonly StoredRecord[] {
    const lines = (this.#rest + piece).split("\n");
    this.#rest = lines.pop() ?? "";
    return lines.map((line) => {
      const [collection, id, version, text] = JSON.parse(line) as [string, string, number, string];
      return { collection, id, version, text };
    });
  }

  /** It is false where the text ended within a record. */
  get isWhole(): boolean {
    return this.#rest === "";
  }
}

/** A row of points takes so much (`MOST_POINT_CHARS`), and is written by one statement. */
export const MOST_PIECE_CHARS = 16_000;
