/** Long outputs are written here as an agent sends them: in pieces, many to a report. */

import type { Machine } from "./api.ts";

/** It returns the offset behind the text. */
export async function writeAll(
  machine: Machine,
  commandId: string,
  offset: number,
  text: string,
  chars = 1_000,
): Promise<number> {
  let end = offset;
  const pieces = text.match(new RegExp(`[\\s\\S]{1,${chars}}`, "gu")) ?? [];
  const atOnce = Math.floor(REPORT_CHARS / chars);
  for (let at = 0; at < pieces.length; at += atOnce) {
    const reports = pieces.slice(at, at + atOnce).map((piece) => {
      const bytes = Buffer.byteLength(piece);
      end += bytes;
      return { type: "output", commandId, offset: end - bytes, bytes, text: piece } as const;
    });
    await machine.report(...reports);
  }
  return end;
}

const REPORT_CHARS = 90_000;
