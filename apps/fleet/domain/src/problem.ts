/** A problem is what a refused request is answered with (RFC 9457), with a code from a closed list. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";

/** This is the closed list of what can go wrong with a request, each with the HTTP status that it comes with. */
export const PROBLEMS = {
  bad_request: 400,
  not_signed_in: 401,
  csrf_failed: 403,
  origin_refused: 403,
  forbidden: 403,
  totp_required: 403,
  /** The session has shown neither password nor code for too long. */
  confirmation_required: 403,
  not_found: 404,
  unknown_host: 404,
  unknown_op: 404,
  unknown_pipeline: 404,
  unknown_command: 404,
  /** This code is on the API's fixed list, but no answer has it today (decision 0005). */
  host_busy: 409,
  key_reused: 409,
  key_expired: 409,
  claim_refused: 409,
  precondition_failed: 409,
  too_large: 413,
  unsupported_media_type: 415,
  invalid_args: 422,
  too_many_requests: 429,
  internal: 500,
  store_unavailable: 503,
  outcome_unknown: 503,
  shutting_down: 503,
} as const;
export type ProblemCode = keyof typeof PROBLEMS;

/** So many of the records that moved are named by a refusal. `movedCount` counts all of them. */
export const MOST_MOVED_NAMED = 100;

/** A request relied on this record, which has moved since the version that the asker had seen. */
export const MovedRecord = z.object({
  collection: z.string(),
  id: z.string(),
  /** They are those of the fields relied on that moved. It is empty where the record came or went since. */
  fields: z.array(z.string()),
});
export type MovedRecord = ReadonlyJson<z.infer<typeof MovedRecord>>;

/** It travels as `application/problem+json`. */
export const ProblemDetails = z.object({
  type: z.literal("about:blank"),
  title: z.string(),
  status: z.int(),
  code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
  detail: z.string(),
  /** It says what to do next, in one sentence. */
  hint: z.string(),
  /** The log of the server names the request by it, and the header `X-Request-Id` has it too. */
  instance: z.string().optional(),
  /** With `precondition_failed` it says what moved since the version that was seen. */
  moved: z.array(MovedRecord).max(MOST_MOVED_NAMED).optional(),
  movedCount: z.int().optional(),
});
export type ProblemDetails = ReadonlyJson<z.infer<typeof ProblemDetails>>;
