/** The bodies of requests about accounts, and of their answers. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { Totp } from "../api.ts";
import { GrantedTagList } from "./granted-tags.ts";
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH, passwordProblem } from "./password.ts";

export const ROLES = ["viewer", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** `POST /api/login` takes this. */
export const LoginRequest = z.strictObject({
  username: z.string().min(1).max(100),
  password: z.string().min(1).max(MAX_PASSWORD_LENGTH),
  totp: Totp,
});
export type LoginRequest = ReadonlyJson<z.infer<typeof LoginRequest>>;

/** `GET /api/login/proxy` answers with whom a trusted proxy has named, or with 204. */
export const ProxyUserAnswer = z.object({ user: z.string() });
export type ProxyUserAnswer = ReadonlyJson<z.infer<typeof ProxyUserAnswer>>;

/** `POST /api/login/proxy` signs in whom a trusted proxy has named. */
export const CodeOfProxyUser = z.strictObject({ totp: Totp });
export type CodeOfProxyUser = ReadonlyJson<z.infer<typeof CodeOfProxyUser>>;

/** A password that somebody sets is checked here. */
export const NewPassword = z
  .string()
  .min(MIN_PASSWORD_LENGTH)
  .max(MAX_PASSWORD_LENGTH)
  .superRefine((text, context) => {
    const problem = passwordProblem(text);
    if (problem !== null) context.addIssue(`the password ${problem}`);
  });

/** `POST /api/setup` takes the token of the one-time sign-in link `/#setup=<token>`. It may set the admin's password at once. */
export const SetupRequest = z.strictObject({
  token: z.string().min(20).max(200),
  password: NewPassword.optional(),
});
export type SetupRequest = ReadonlyJson<z.infer<typeof SetupRequest>>;

/** `POST /api/password` needs `current` once there is a password. */
export const PasswordRequest = z.strictObject({
  current: z.string().max(MAX_PASSWORD_LENGTH).optional(),
  password: NewPassword,
});
export type PasswordRequest = z.infer<typeof PasswordRequest>;

/** `GET /api/session`, login and setup answer with this. The token goes into the header `X-CSRF-Token`. */
export const SessionAnswer = z.object({
  user: z.string(),
  role: z.enum(ROLES),
  tags: GrantedTagList.optional(),
  csrfToken: z.string(),
});
export type SessionAnswer = ReadonlyJson<z.infer<typeof SessionAnswer>>;
