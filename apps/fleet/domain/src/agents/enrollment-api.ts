/** The bodies of requests about enrolment tokens, and of their answers. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { Tags } from "../hosts/host.ts";
import { Id, Line, Timestamp } from "../text.ts";
import { MAX_TOKEN_USES } from "./enroll-command.ts";

/** `POST /api/enrollment-tokens` takes this. */
export const EnrollmentTokenRequest = z.strictObject({
  label: Line.optional(),
  tags: Tags.describe("Of the hosts that enrol with it.").optional(),
  ttlS: z.int().min(60).max(3_600).describe("How long it is good for; an hour by default, and at most.").optional(),
  uses: z.int().min(1).max(MAX_TOKEN_USES).describe("So many hosts may enrol with it; one by default.").optional(),
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
  uses: z.int().describe("So many hosts may enrol with it; one if it is absent.").optional(),
  used: z.int().describe("So many have enrolled with it; none if it is absent.").optional(),
  usedBy: Id.describe("The host that enrolled with it last.").optional(),
});
export type EnrollmentToken = ReadonlyJson<z.infer<typeof EnrollmentToken>>;

/** The token itself is shown only in this answer. */
export const EnrollmentTokenAnswer = EnrollmentToken.extend({ token: z.string() });
export type EnrollmentTokenAnswer = ReadonlyJson<z.infer<typeof EnrollmentTokenAnswer>>;
