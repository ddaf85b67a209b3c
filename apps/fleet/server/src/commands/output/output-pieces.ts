/** The pieces of an output are read in order, from the history and the live tail, a page at a time: nobody holds the whole. */

import { type OutputChunk, outputSpace } from "@neverstale/fleet-domain";
import { utf8Bytes } from "@neverstale/protocol";
import type { FleetManager } from "../../fleet/state.ts";
import { liveChunks, piecesIn } from "../output-text.ts";
import { firstBehind } from "./output-places.ts";

/** It is a part of an output, as it was received. */
export interface OutputPiece {
  /** It begins at this byte of the output. */
  readonly offset: number;
  /** It covers so many bytes of the output. Bytes that were no UTF-8 give the text another length. */
  readonly bytes: number;
  readonly text: string;
  /** It was received then. Older releases did not note that of every piece. */
  readonly at: string | null;
  /** It begins in the line with this number. Null means that nobody counted. */
  readonly line: number | null;
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
  let after = from.offset < first ? await placeBefore(manager, commandId, from) : null;
  while (after !== null) {
    const rows = await manager.history({ space: outputSpace(commandId), limit: PAGE, after });
    for (const piece of piecesIn(rows))
      if (piece.offset < first && endOf(piece) > from.offset) yield pieceOf(piece, after);
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) break;
    after = last.position;
  }
  for (const chunk of live) if (endOf(chunk) > from.offset) yield pieceOf(chunk, after ?? from.after);
}

/** The reading of the history begins behind this place. Whoever goes on at an offset alone does not read all that stands before it. */
async function placeBefore(
  manager: Pick<FleetManager, "history">,
  commandId: string,
  { offset, after }: OutputPlace,
): Promise<number> {
  if (offset === 0 || after > 0) return after;
  const behind = await firstBehind(manager, commandId, (chunk) => endOf(chunk) > offset);
  return behind === null ? 0 : behind - 1;
}

/** It returns the last `limit` pieces that begin before an offset, in order. */
export async function piecesBefore(
  manager: Pick<FleetManager, "history" | "space">,
  commandId: string,
  offset: number,
  limit: number,
): Promise<OutputPiece[]> {
  const live = liveChunks(manager, commandId) ?? [];
  const first = live[0]?.offset ?? Number.POSITIVE_INFINITY;
  const pieces = live.filter((chunk) => chunk.offset < offset).slice(-limit);
  if (pieces.length === limit) return pieces.map((chunk) => pieceOf(chunk, 0));
  const end = Math.min(first, offset);
  const behind = await firstBehind(manager, commandId, (chunk) => chunk.offset >= end);
  const rows = await manager.history({
    space: outputSpace(commandId),
    before: behind ?? Number.MAX_SAFE_INTEGER,
    limit: limit - pieces.length,
  });
  return [...piecesIn(rows).filter((piece) => piece.offset < end), ...pieces].map((piece) => pieceOf(piece, 0));
}

/** So many rows of the history are read at once, which are 4 KiB each at most. */
const PAGE = 500;

type StoredPiece = Pick<OutputChunk, "offset" | "text"> & Partial<Pick<OutputChunk, "bytes" | "at" | "line">>;

function endOf({ offset, bytes, text }: StoredPiece): number {
  return offset + (bytes ?? utf8Bytes(text));
}

function pieceOf({ offset, text, at, bytes, line }: StoredPiece, after: number): OutputPiece {
  return { offset, bytes: bytes ?? utf8Bytes(text), text, at: at ?? null, line: line ?? null, after };
}
