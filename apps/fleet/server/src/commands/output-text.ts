/** The text of an output is put together from the history and the live tail. */

import { type OutputChunk, outputSpace } from "@neverstale/fleet-domain";
import type { EvictedRecord } from "@neverstale/server";
import type { FleetManager } from "../fleet/state.ts";

/**
 * It returns the live tail of a command's output, in order, or null when the output can't be followed any more. The tail is read
 * before the history is, so that what is evicted meanwhile comes once.
 */
export function liveChunks(manager: Pick<FleetManager, "space">, commandId: string): readonly OutputChunk[] | null {
  const space = manager.space(outputSpace(commandId));
  if (space === null) return null;
  const live = [...(space.state.chunks?.values() ?? [])] as unknown as OutputChunk[];
  return live.sort((a, b) => a.offset - b.offset);
}

/** So many rows of the history are read at once. */
const PAGE = 500;

/** True means that output of a command that has left the state is still there. */
export async function hasOutputHistory(manager: FleetManager, commandId: string): Promise<boolean> {
  const space = outputSpace(commandId);
  const first = await Promise.all(PIECES.map((collection) => manager.history({ space, collection, limit: 1 })));
  return first.some((rows) => rows.length > 0);
}

/** Pieces of the text stand in the history under these names. Older releases stored the last 64 chunks as one piece, a tail. */
const PIECES = ["chunks", "tails"];

type Piece = Pick<OutputChunk, "offset" | "text"> & Partial<Pick<OutputChunk, "bytes" | "at" | "line">>;

/** It returns the pieces of text among the records of an output. */
export function piecesIn(rows: readonly EvictedRecord[]): Piece[] {
  return rows.filter(({ collection }) => PIECES.includes(collection)).map(({ record }) => record as unknown as Piece);
}

/** It yields what a command wrote from the end: the last piece of text comes first. */
async function* textsBack(
  manager: FleetManager,
  commandId: string,
  live: readonly OutputChunk[],
): AsyncGenerator<string> {
  for (const chunk of live.toReversed()) yield chunk.text;
  const first = live[0]?.offset ?? Number.POSITIVE_INFINITY;
  const query = { space: outputSpace(commandId), limit: PAGE };
  let before = Number.MAX_SAFE_INTEGER;
  for (;;) {
    const rows = await manager.history({ ...query, before });
    const chunks = piecesIn(rows).filter((chunk) => chunk.offset < first);
    for (const chunk of chunks.toReversed()) yield chunk.text;
    if (rows.length < PAGE) return;
    before = rows[0]?.position ?? 0;
  }
}

/** Lines can be long, so no answer has more characters than this. */
const MAX_TAIL = 2 * 1024 * 1024;

/** It returns the last lines that these commands wrote. The newest command is given first. Every command's output begins a line. */
export async function lastLines(manager: FleetManager, commandIds: readonly string[], lines: number): Promise<string> {
  let tail = "";
  let count = 0;
  for (const id of commandIds) {
    if (tail !== "" && count >= lines) break;
    let isEnd = true;
    for await (const text of textsBack(manager, id, liveChunks(manager, id) ?? [])) {
      const piece = isEnd && !text.endsWith("\n") ? `${text}\n` : text;
      if (text !== "") isEnd = false;
      tail = piece + tail;
      count += newlines(piece);
      if (count > lines || tail.length >= MAX_TAIL) return lastOf(tail.slice(-MAX_TAIL), lines);
    }
  }
  return lastOf(tail, lines);
}

function newlines(text: string): number {
  return text.split("\n").length - 1;
}

function lastOf(text: string, lines: number): string {
  return text
    .split("\n")
    .slice(-lines - 1)
    .join("\n")
    .toWellFormed();
}
