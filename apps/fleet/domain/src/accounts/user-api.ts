/** The bodies of requests about users and their sessions, and of their answers. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { Totp } from "../api.ts";
import { Line, Timestamp } from "../text.ts";
import { NewPassword, ROLES } from "./account-api.ts";
import { GrantedTagList } from "./granted-tags.ts";

/** These names stand for something else in events and rights, or have a meaning in JavaScript (C32, C34). */
const RESERVED_NAMES: ReadonlySet<string> = new Set([
  ...["server", "viewer", "operator", "nobody", "anyone", "agent"],
  ...["constructor", "prototype"],
]);

/** A new user gets such a name. It has one spelling, so that nobody is taken for somebody else. */
export const UserName = z
  .string()
  .regex(/^[a-z][a-z0-9._-]{0,63}$/, "lower-case letters, digits, ., - and _; a letter first; at most 64")
  .refine((name) => !RESERVED_NAMES.has(name), "this name stands for something else here");

/** `POST /api/users` takes this. The invited person sets the password. */
export const InviteRequest = z.strictObject({
  name: UserName,
  role: z.enum(ROLES),
  tags: GrantedTagList.optional(),
});
export type InviteRequest = ReadonlyJson<z.infer<typeof InviteRequest>>;

/** `PATCH /api/users/:name` takes this. */
export const UserChange = z
  .strictObject({
    role: z.enum(ROLES).optional(),
    disabled: z.boolean().optional(),
    tags: GrantedTagList.nullish().describe("Null shows the user the whole fleet again."),
  })
  .refine((change) => Object.values(change).some((value) => value !== undefined), "nothing is to be changed");
export type UserChange = ReadonlyJson<z.infer<typeof UserChange>>;

/** An admin is shown this of a user. */
export const ShownUser = z.object({
  name: Line,
  role: z.enum(ROLES),
  tags: GrantedTagList.optional(),
  /** `invited` has a one-time link that is good. `locked_out` has neither that, nor a password, nor a session. */
  status: z.enum(["active", "invited", "locked_out", "disabled"]),
  createdAt: Timestamp,
  /** The one-time link is good until then. */
  linkExpiresAt: Timestamp.optional(),
  /** True means that a second factor is asked for. */
  secondFactor: z.boolean().default(false),
  /** So many sessions have not ended. */
  sessions: z.int(),
  /** One of these was used then for the last time. */
  lastSeenAt: Timestamp.optional(),
});
export type ShownUser = ReadonlyJson<z.infer<typeof ShownUser>>;

/** The token of a one-time link is in this answer and nowhere else. `inviteLink` makes the link of it. */
export const OneTimeLinkAnswer = z.object({ user: ShownUser, token: z.string(), expiresAt: Timestamp });
export type OneTimeLinkAnswer = ReadonlyJson<z.infer<typeof OneTimeLinkAnswer>>;

/** `POST /api/invitation` takes the token of a one-time link. It sets the password, and signs in. */
export const TakeLinkRequest = z.strictObject({
  token: z.string().min(20).max(200),
  password: NewPassword,
  totp: Totp,
});
export type TakeLinkRequest = ReadonlyJson<z.infer<typeof TakeLinkRequest>>;

/** Its owner, or an admin, is shown this of a session. */
export const SessionEntry = z.object({
  /** It names the session, and opens nothing. */
  id: z.string(),
  user: Line,
  createdAt: Timestamp,
  /** It is stored once a minute at most. */
  lastSeenAt: Timestamp,
  /** It began at this address, as far as the server's proxies are trusted. */
  address: z.string().optional(),
  /** The browser called itself this. */
  browser: Line.optional(),
  /** True for the session that asks. */
  current: z.boolean(),
});
export type SessionEntry = ReadonlyJson<z.infer<typeof SessionEntry>>;
