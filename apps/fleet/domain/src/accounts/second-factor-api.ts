/** The bodies of requests about second factors, and of their answers. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { OneTimeCode } from "../api.ts";
import { Timestamp } from "../text.ts";
import { MAX_PASSWORD_LENGTH } from "./password.ts";

/** `GET /api/second-factor` answers with this. The secret is never shown again. */
export const SecondFactorAnswer = z.object({
  /** Codes are asked for since then. It is absent where there is no second factor. */
  confirmedAt: Timestamp.optional(),
  /** So many recovery codes have not been used. */
  recoveryCodes: z.int().min(0),
  /** True means that a password is there, by which the second factor is switched off. */
  hasPassword: z.boolean(),
});
export type SecondFactorAnswer = ReadonlyJson<z.infer<typeof SecondFactorAnswer>>;

/** `POST /api/second-factor` begins an enrolment. The secret is in this answer and nowhere else, and counts once a code has confirmed it. */
export const SecondFactorSecret = z.object({
  /** It is in Base32, to be typed where no picture can be read. */
  secret: z.string(),
  /** It begins with `otpauth://`. The page draws it as a QR code. */
  uri: z.string(),
});
export type SecondFactorSecret = ReadonlyJson<z.infer<typeof SecondFactorSecret>>;

/** `POST /api/second-factor/confirm` and `POST /api/second-factor/recovery-codes` take a code. */
export const CodeRequest = z.strictObject({ totp: OneTimeCode });
export type CodeRequest = ReadonlyJson<z.infer<typeof CodeRequest>>;

/** Each of them works once in place of a code. They are in this answer and nowhere else. */
export const RecoveryCodesAnswer = z.object({ recoveryCodes: z.array(z.string()) });
export type RecoveryCodesAnswer = ReadonlyJson<z.infer<typeof RecoveryCodesAnswer>>;

/** `POST /api/second-factor/remove` needs a code, and the password where there is one. */
export const RemoveSecondFactor = z.strictObject({
  totp: OneTimeCode,
  password: z.string().max(MAX_PASSWORD_LENGTH).optional(),
});
export type RemoveSecondFactor = ReadonlyJson<z.infer<typeof RemoveSecondFactor>>;

/** `POST /api/session/confirm` takes a code of whoever has a second factor, and the password of anybody else. */
export const ConfirmRequest = z.strictObject({
  totp: OneTimeCode.optional(),
  password: z.string().max(MAX_PASSWORD_LENGTH).optional(),
});
export type ConfirmRequest = ReadonlyJson<z.infer<typeof ConfirmRequest>>;
