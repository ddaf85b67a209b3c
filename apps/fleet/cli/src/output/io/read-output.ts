/** Stored output is read a part at a time, from any offset on, so that no output is too large for this process. */

import { OutputPieceLine } from "@neverstale/fleet-domain";
import type { CommandLineSession } from "../../session/io/session.ts";

/** A piece has at most 4 KiB. */
const PIECES_AT_ONCE = 2_000;

/** Yields parts of what a command wrote, from this offset on, in order. */
export async function* readOutput(
  session: CommandLineSession,
  commandId: string,
  from: number,
): AsyncGenerator<OutputPieceLine[]> {
  const path = `/api/commands/${encodeURIComponent(commandId)}/output?format=pieces&limit=${PIECES_AT_ONCE}`;
  for (let offset = from; ; ) {
    const lines = (await session.getText(`${path}&from=${offset}`)).split("\n").filter((line) => line !== "");
    const pieces = lines.map((line) => OutputPieceLine.parse(JSON.parse(line)));
    const last = pieces.at(-1);
    if (last === undefined) return;
    yield pieces;
    if (pieces.length < PIECES_AT_ONCE) return;
    offset = last.offset + last.bytes;
  }
}
