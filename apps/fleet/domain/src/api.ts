/** The parts that requests and answers of several kinds have in common, and the answer that holds the whole state. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { Id } from "./text.ts";

/** Where an effect is in the state (rule D2). */
export const Reached = { epoch: z.string(), version: z.int() };
export const ReachedAnswer = z.object(Reached);

/** `GET /api/state`. */
export const StateAnswer = z.object({
  ...Reached,
  digest: z.string(),
  state: z.record(z.string(), z.array(z.looseObject({ id: Id }))),
});
export type StateAnswer = ReadonlyJson<z.infer<typeof StateAnswer>>;

/** A page of what was: `before` is the `next` of the page that came before, absent for the newest. */
export const PageQuery = {
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  before: z.string().max(250).optional(),
};
export const nextPage = { /** Null: that was all. */ next: z.string().nullable() };

/** Taken wherever a code will be asked for one day, so that clients which send it already are served. */
export const Totp = z.string().max(20).describe("Ignored: there is no second factor yet.").optional();
