/** The answers about the server itself say what it is, what it keeps, how near its bounds are, and whether its audit holds together. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { Timestamp } from "../text.ts";

/** `GET /api/about` answers with this. */
export const AboutAnswer = z.object({
  version: z.string(),
  licence: z.string(),
  /** The program that runs the server, as in `Node.js 24.1.0`. */
  runtime: z.string(),
  startedAt: Timestamp,
});
export type AboutAnswer = ReadonlyJson<z.infer<typeof AboutAnswer>>;

const KeptByServer = z.object({
  what: z.string(),
  /** So many of the newest are kept. It is absent where the number is not bounded. */
  newest: z.int().optional(),
  /** They are kept for so long. It is absent where time does not count. */
  forMs: z.int().optional(),
});
export type KeptByServer = ReadonlyJson<z.infer<typeof KeptByServer>>;

const UsedLimit = z.object({
  /** It is called so among the metrics. */
  name: z.string(),
  used: z.number(),
  limit: z.number(),
});
export type UsedLimit = ReadonlyJson<z.infer<typeof UsedLimit>>;

/** `GET /api/server` answers with this. Of several nodes it is about the one that answers. */
export const FactsOfServer = z.object({
  store: z.string(),
  platform: z.string(),
  node: z
    .object({
      role: z.string(),
      term: z.string().nullable(),
      lag: z.number(),
      confirmationAge: z.number().nullable(),
    })
    .nullable()
    .describe("Null for a server that keeps a store of its own."),
  kept: z.array(KeptByServer),
  limits: z.array(UsedLimit),
});
export type FactsOfServer = ReadonlyJson<z.infer<typeof FactsOfServer>>;

/** `GET /api/audit/proof` answers with this, when the server has looked whether each audit event follows the one before it. */
export const AuditProof = z.object({
  /** Events have been chained since then. */
  begunAt: Timestamp,
  head: z.object({ sequence: z.int(), hash: z.string() }).describe("Note it elsewhere, and compare it later."),
  /** It was let go of last, as it was too old. */
  anchor: z.object({ sequence: z.int(), hash: z.string(), at: Timestamp }).optional(),
  /** So many events up to this number are in the archive, too. */
  archived: z.int(),
  /** So many events were looked at, from this number on. */
  events: z.int(),
  from: z.int(),
  proved: z.boolean(),
  /** The first event that does not fit. */
  break: z.object({ id: z.string(), at: z.string().nullable(), what: z.string(), detail: z.string() }).optional(),
});
export type AuditProof = ReadonlyJson<z.infer<typeof AuditProof>>;
