/** A place in an output is found in the history by halves: nobody reads all that stands before it. */

import { type OutputChunk, outputSpace } from "@neverstale/fleet-domain";
import type { FleetManager } from "../../fleet/state.ts";
import { liveChunks } from "../output-text.ts";

type Manager = Pick<FleetManager, "history" | "space">;

/** It returns the position of the first chunk in the history that is behind, or null when none is. Those that follow it are behind, too. */
export async function firstBehind(
  manager: Pick<FleetManager, "history">,
  commandId: string,
  isBehind: (chunk: OutputChunk) => boolean,
): Promise<number | null> {
  const query = { space: outputSpace(commandId), collection: "chunks", limit: 1 };
  const [newest] = await manager.history({ ...query, before: Number.MAX_SAFE_INTEGER });
  const [oldest] = await manager.history(query);
  if (newest === undefined || oldest === undefined || !isBehind(newest.record as unknown as OutputChunk)) return null;
  let first = newest.position;
  let [low, high] = [oldest.position - 1, newest.position - 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [row] = await manager.history({ ...query, after: middle });
    if (row === undefined) return first; // Rows were let go of meanwhile.
    if (isBehind(row.record as unknown as OutputChunk)) [first, high] = [row.position, middle];
    else low = row.position;
  }
  return first;
}

/** It returns the offset of the piece in which this line begins, or null when nobody counted the lines, or the line is gone. */
export async function offsetOfLine(manager: Manager, commandId: string, line: number): Promise<number | null> {
  const live = liveChunks(manager, commandId) ?? [];
  const isBehind = (chunk: OutputChunk) => chunk.line !== undefined && chunk.line >= line;
  const liveBefore = live.filter((chunk) => chunk.line !== undefined && !isBehind(chunk)).at(-1);
  if (liveBefore !== undefined) return liveBefore.offset;
  const behind = await firstBehind(manager, commandId, isBehind);
  const query = { space: outputSpace(commandId), collection: "chunks", limit: 1 };
  const [before] = await manager.history({ ...query, before: behind ?? Number.MAX_SAFE_INTEGER });
  const chunk = before?.record as unknown as OutputChunk | undefined;
  if (chunk !== undefined) return chunk.line === undefined ? null : chunk.offset;
  return line === 1 || live[0]?.line === line ? firstOffset(manager, commandId, live) : null;
}

/** Nothing stands before the first line. */
async function firstOffset(manager: Manager, commandId: string, live: readonly OutputChunk[]): Promise<number | null> {
  const [row] = await manager.history({ space: outputSpace(commandId), collection: "chunks", limit: 1 });
  const chunk = (row?.record as unknown as OutputChunk | undefined) ?? live[0];
  return chunk?.line === 1 || chunk?.offset === 0 ? chunk.offset : null;
}
