/** An output is downloaded as it was written, as plain text, or as lines of JSON with their times. */

import { type OutputPieceLine, type OutputQuery, PlainText } from "@neverstale/fleet-domain";
import type { z } from "zod";
import type { FleetManager } from "../../fleet/state.ts";
import { outputLines, withoutEscapes } from "./output-lines.ts";
import { type OutputPiece, outputPieces, piecesBefore } from "./output-pieces.ts";
import { offsetOfLine } from "./output-places.ts";

type Asked = z.output<typeof OutputQuery>;

/** Pieces are read as fast as they are taken. */
export function downloadOf(
  manager: Pick<FleetManager, "history" | "space">,
  commandId: string,
  format: Asked["format"],
  part: PartOfOutput = { from: 0 },
): AsyncGenerator<string> {
  if (format === "pieces") return inBatches(pieceLines(manager, commandId, part));
  if (format === "ndjson") return inBatches(linesOf(manager, commandId));
  return inBatches(format === "plain" ? plainOf(manager, commandId) : ansiOf(manager, commandId));
}

export const CONTENT_TYPES: Readonly<Record<Asked["format"], string>> = {
  plain: "text/plain; charset=utf-8",
  ansi: "text/plain; charset=utf-8",
  ndjson: "application/x-ndjson; charset=utf-8",
  pieces: "application/x-ndjson; charset=utf-8",
};

async function* ansiOf(manager: Pick<FleetManager, "history" | "space">, id: string): AsyncGenerator<string> {
  for await (const { text } of outputPieces(manager, id)) yield text;
}

async function* plainOf(manager: Pick<FleetManager, "history" | "space">, id: string): AsyncGenerator<string> {
  const plain = new PlainText();
  for await (const { text } of outputPieces(manager, id)) yield plain.read(text);
}

/** A line that goes on says so, since it is too long for one object. */
async function* linesOf(manager: Pick<FleetManager, "history" | "space">, id: string): AsyncGenerator<string> {
  for await (const { line, offset, at, text, goesOn } of outputLines(outputPieces(manager, id))) {
    const plain = withoutEscapes(text);
    yield `${JSON.stringify({ line, offset, ...(at !== null && { at }), text: plain, ...(goesOn && { goesOn }) })}\n`;
  }
}

type PartOfOutput = Pick<Asked, "from"> & Partial<Pick<Asked, "limit" | "before" | "line">>;

/** Whoever follows an output reads on from where a cut has left it. A page that shows a part of it asks for the next one before or behind. */
async function* pieceLines(
  manager: Pick<FleetManager, "history" | "space">,
  id: string,
  { from, before, line, limit }: PartOfOutput,
): AsyncGenerator<string> {
  if (before !== undefined) {
    for (const piece of await piecesBefore(manager, id, before, limit ?? MOST_BEFORE)) yield pieceLine(piece);
    return;
  }
  const offset = line === undefined ? from : await offsetOfLine(manager, id, line);
  if (offset === null) return;
  let count = 0;
  for await (const piece of outputPieces(manager, id, { offset, after: 0 })) {
    yield pieceLine(piece);
    count += 1;
    if (count >= (limit ?? Number.POSITIVE_INFINITY)) return;
  }
}

/** So many pieces before an offset are given to who names no limit. */
const MOST_BEFORE = 500;

function pieceLine({ after: _, at, line, ...piece }: OutputPiece): string {
  const told = { ...piece, ...(at !== null && { at }), ...(line !== null && { line }) } satisfies OutputPieceLine;
  return `${JSON.stringify(told)}\n`;
}

/** A write of its own for each line would cost more than the line. */
async function* inBatches(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let batch = "";
  for await (const text of texts) {
    batch += text;
    if (batch.length < BATCH_CHARS) continue;
    yield batch;
    batch = "";
  }
  yield batch;
}

const BATCH_CHARS = 65_536;
