/** The parts that requests and answers of several kinds have in common, and the answer that holds the whole state. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { Id, Timestamp } from "./text.ts";

/** An effect is in the state from this version on (rule D2). */
export const Reached = { epoch: z.string(), version: z.int() };
export const ReachedAnswer = z.object(Reached);

/** `GET /api/state` answers with this. */
export const StateAnswer = z.object({
  ...Reached,
  digest: z.string(),
  state: z.record(z.string(), z.array(z.looseObject({ id: Id }))),
  /** These two are there where the past was asked for: when it was, and the version after the change that came next. */
  at: Timestamp.optional(),
  next: z.int().nullable().optional(),
});
export type StateAnswer = ReadonlyJson<z.infer<typeof StateAnswer>>;

/**
 * Whoever asks for something has seen the state at this version. Where what the request relies on has moved since, it is refused with what
 * moved (decision 0065).
 */
export const SeenVersion = {
  ifVersion: z
    .int()
    .min(0)
    .describe("The version that was seen. It is refused with precondition_failed where what it relies on moved since.")
    .optional(),
  ifEpoch: z
    .string()
    .max(100)
    .describe("The epoch of that version. It tells versions from before a restore apart.")
    .optional(),
};

/** Without either it is the state as it is now. With an epoch the version is meant of that history, and of no other. */
export const StateQuery = z.strictObject({
  version: z.coerce.number().int().min(0).describe("The state at this version.").optional(),
  epoch: z.string().max(100).describe("The version was given out in this epoch, or before it.").optional(),
  at: Timestamp.describe("The state at this time.").optional(),
});

/** So far back `GET /api/state` can look. The times are those of the server's clock. */
export const ReachAnswer = z.object({
  epoch: z.string(),
  /** It is null where nothing is kept yet. */
  from: z.object({ version: z.int(), at: Timestamp }).nullable(),
  to: z.object({ version: z.int(), at: Timestamp }),
});
export type ReachAnswer = ReadonlyJson<z.infer<typeof ReachAnswer>>;

/** These ask for a page of the past. `before` is the `next` of the page that came before; without it the newest page comes. */
export const PageQuery = {
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  before: z.string().max(250).optional(),
};
/** These say from when something is to be. */
export const TimeQuery = {
  from: Timestamp.describe("Not before then.").optional(),
  to: Timestamp.describe("Before then.").optional(),
};
export const nextPage = { /** Null means that there are no more. */ next: z.string().nullable() };

/** An authenticator app shows it, or it is a recovery code, with or without its hyphens. */
export const OneTimeCode = z
  .string()
  .min(1)
  .max(30)
  .describe("Six digits of the authenticator app, or a recovery code.");

/** It is asked for, with `totp_required`, of whoever has a second factor. Of others it is ignored. */
export const Totp = OneTimeCode.optional();
