/** The space of an output holds the newest pieces of what a command writes, and how much it is. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { collection, defineModel, put, type StateOf } from "@neverstale/protocol";
import { z } from "zod";
import { Timestamp } from "../text.ts";
import { OUTPUT_STATUS_ID } from "./output-names.ts";

/** The live tail is at most 64 chunks of 4 KiB. Older chunks are in the space's history, and all once the space has ended. */
export const OUTPUT_CHUNKS = 64;
export const MAX_CHUNK_BYTES = 4096;

/** A chunk is a piece of output. Chunks follow each other without a hole: the next one's offset is `offset + bytes`. */
export const OutputChunk = z.object({
  /** It is the offset, padded with zeros, so that ids sort as offsets do. */
  id: z.string().regex(/^\d{15}$/),
  offset: z.int().min(0),
  /** It covers so many bytes of the output. Bytes that were no UTF-8 give the text itself another length. */
  bytes: z.int().min(1).max(MAX_CHUNK_BYTES),
  text: z.string().max(MAX_CHUNK_BYTES),
  at: Timestamp,
  /** It begins in the line with this number. The first line has the number 1. Older releases counted no lines. */
  line: z.int().min(1).optional(),
});
export type OutputChunk = ReadonlyJson<z.infer<typeof OutputChunk>>;

export function chunkId(offset: number): string {
  return String(offset).padStart(15, "0");
}

export const OutputStatus = z.object({
  id: z.literal(OUTPUT_STATUS_ID),
  /** So many bytes have been received. */
  bytes: z.int().min(0),
  /** So many lines have ended. An output that an older release began has no such count. */
  lines: z.int().min(0).optional(),
  /** True means that nothing will be appended any more. */
  finished: z.boolean(),
  /** The bytes behind these were dropped. The last chunk says why. */
  cut: z.literal(true).optional(),
  /** No more than so many bytes are kept, because the command was asked to stop. */
  atMost: z.int().min(0).optional(),
});
export type OutputStatus = ReadonlyJson<z.infer<typeof OutputStatus>>;

export const outputModel = defineModel({
  model: 1,
  collections: {
    chunks: collection(OutputChunk, { keep: { newest: OUTPUT_CHUNKS } }),
    status: collection(OutputStatus),
  },
  changes: {
    output_appended: put("chunks"),
    output_progress: put("status"),
    output_finished: put("status"),
  },
});
export type OutputState = StateOf<typeof outputModel>;
