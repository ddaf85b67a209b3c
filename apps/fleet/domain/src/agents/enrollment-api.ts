/** The bodies of requests about enrolment tokens, and of their answers. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { Tags } from "../hosts/host.ts";
import { Id, Line, Timestamp } from "../text.ts";

/** `POST /api/enrollment-tokens` takes this. */
export const EnrollmentTokenRequest = z.strictObject({
  label: Line.optional(),
  tags: Tags.describe("Of the host that enrols with it.").optional(),
  ttlS: z.int().min(60).max(3_600).describe("How long it is good for; an hour by default, and at most.").optional(),
});
export type EnrollmentTokenRequest = ReadonlyJson<z.infer<typeof EnrollmentTokenRequest>>;

/** This may be shown of a token that was made before. */
export const EnrollmentToken = z.object({
  id: Id,
  label: Line.optional(),
  tags: Tags.optional(),
  createdBy: Line,
  createdAt: Timestamp,
  expiresAt: Timestamp,
  /** This host enrolled with it. */
  usedBy: Id.optional(),
});
export type EnrollmentToken = ReadonlyJson<z.infer<typeof EnrollmentToken>>;

/** The token itself is shown only in this answer. */
export const EnrollmentTokenAnswer = EnrollmentToken.extend({ token: z.string() });
export type EnrollmentTokenAnswer = ReadonlyJson<z.infer<typeof EnrollmentTokenAnswer>>;
