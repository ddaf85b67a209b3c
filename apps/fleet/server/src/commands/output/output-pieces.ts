/** The pieces of an output are read in order, from the history and the live tail, a page at a time: nobody holds the whole. */

import { type OutputChunk, outputSpace } from "@neverstale/fleet-domain";
import { utf8Bytes } from "@neverstale/protocol";
import type { FleetManager } from "../../fleet/state.ts";
import { liveChunks, piecesIn } from "../output-text.ts";

/** It is a part of an output, as it was received. */
export interface OutputPiece {
  /** It begins at this byte of the output. */
  readonly offset: number;
  /** It covers so many bytes of the output. Bytes that were no UTF-8 give the text another length. */
  readonly bytes: number;
  readonly text: string;
  /** It was received then. Older releases did not note that of every piece. */
  readonly at: string | null;
  /** Whoever goes on behind this place of the history gets this piece and what follows. */
  readonly after: number;
}

/** It says where somebody goes on. */
export interface OutputPlace {
  /** Pieces that end before this byte are left out. */
  readonly offset: number;
  /** The history is read behind this place. */
  readonly after: number;
}

export const OUTPUT_BEGIN: OutputPlace = { offset: 0, after: 0 };

/** The live tail is read before the history is, so that what is evicted meanwhile comes once. */
export async function* outputPieces(
  manager: Pick<FleetManager, "history" | "space">,
  commandId: string,
  from: OutputPlace = OUTPUT_BEGIN,
): AsyncGenerator<OutputPiece> {
  const live = liveChunks(manager, commandId) ?? [];
  const first = live[0]?.offset ?? Number.POSITIVE_INFINITY;
  let after = from.after;
  for (;;) {
    const rows = await manager.history({ space: outputSpace(commandId), limit: PAGE, after });
    for (const piece of piecesIn(rows))
      if (piece.offset < first && endOf(piece) > from.offset) yield pieceOf(piece, after);
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) break;
    after = last.position;
  }
  for (const chunk of live) if (endOf(chunk) > from.offset) yield pieceOf(chunk, after);
}

/** So many rows of the history are read at once, which are 4 KiB each at most. */
const PAGE = 500;

type StoredPiece = Pick<OutputChunk, "offset" | "text"> & Partial<Pick<OutputChunk, "bytes" | "at">>;

function endOf({ offset, bytes, text }: StoredPiece): number {
  return offset + (bytes ?? utf8Bytes(text));
}

function pieceOf({ offset, text, at, bytes }: StoredPiece, after: number): OutputPiece {
  return { offset, bytes: bytes ?? utf8Bytes(text), text, at: at ?? null, after };
}
