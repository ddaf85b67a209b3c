/** An export hands out many records as they are read, as CSV or as one JSON array. */

import type { ExportFormat } from "@neverstale/fleet-domain";
import type { Answer } from "../http/route.ts";
import { type CsvCell, csvLine } from "./csv.ts";

export interface Exported<R> {
  /** It is the name of the file, without its ending. */
  readonly name: string;
  readonly records: AsyncIterable<R> | Iterable<R>;
  readonly columns: Readonly<Record<string, (record: R) => CsvCell>>;
}

/** A browser saves it as a file. Records are read as fast as somebody takes them. */
export function exportAnswer<R>(format: ExportFormat, exported: Exported<R>): Answer {
  const headers = {
    "content-type": format === "csv" ? "text/csv; charset=utf-8" : "application/json; charset=utf-8",
    "content-disposition": `attachment; filename="${exported.name}.${format}"`,
    "cache-control": "no-store",
  };
  return { headers, body: inBatches(format === "csv" ? csvOf(exported) : jsonOf(exported)) };
}

async function* csvOf<R>({ records, columns }: Exported<R>): AsyncGenerator<string> {
  const cells = Object.values(columns);
  yield csvLine(Object.keys(columns));
  for await (const record of records) yield csvLine(cells.map((cell) => cell(record)));
}

async function* jsonOf<R>({ records }: Exported<R>): AsyncGenerator<string> {
  let separator = "[\n";
  for await (const record of records) {
    yield separator + JSON.stringify(record);
    separator = ",\n";
  }
  yield separator === "[\n" ? "[]\n" : "\n]\n";
}

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
