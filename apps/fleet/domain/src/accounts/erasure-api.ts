/** The bodies of requests about erasures, and of their answers. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { Reached } from "../api.ts";
import { Id, Line, Timestamp } from "../text.ts";
import { UserName } from "./user-api.ts";

/** An erasure takes away what a host or a person that is gone has left. It is here until that is done. */
export const Erasure = z.object({
  id: Id,
  kind: z.enum(["host", "user"]),
  /** It is the id of the host, or the name of the user. */
  subject: Line.min(1),
  by: Line,
  /** Only what was there then is meant. */
  askedAt: Timestamp,
});
export type Erasure = ReadonlyJson<z.infer<typeof Erasure>>;

/** `POST /api/erasures` takes one of the two. */
export const ErasureRequest = z.union([
  z.strictObject({ host: Id.describe("The id of a host that was removed.") }),
  z.strictObject({ user: UserName.describe("The name of a user who was removed.") }),
]);
export type ErasureRequest = ReadonlyJson<z.infer<typeof ErasureRequest>>;

export const ErasureAnswer = z.object({ erasureId: Id, ...Reached });
