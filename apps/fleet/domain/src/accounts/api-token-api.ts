/** The bodies of requests about API tokens, and of their answers. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { Line, Timestamp } from "../text.ts";
import { ROLES } from "./account-api.ts";
import { GrantedTagList } from "./granted-tags.ts";

export const API_TOKEN_PREFIX = "nst_";
const MINUTE_S = 60;
export const MAX_API_TOKEN_S = 365 * 24 * 60 * 60;

/** `POST /api/api-tokens` takes this. The role is not above that of the one who asks. */
export const ApiTokenRequest = z.strictObject({
  /** It says what the token is for. */
  label: z.string().min(1).max(100),
  role: z.enum(ROLES),
  /** The token is limited further by them. Where its owner is limited, they are among the owner's. */
  tags: GrantedTagList.optional(),
  /** The token is good for so many seconds. */
  ttlS: z.int().min(MINUTE_S).max(MAX_API_TOKEN_S),
});
export type ApiTokenRequest = ReadonlyJson<z.infer<typeof ApiTokenRequest>>;

/** Its owner, or an admin, is shown this of an API token. */
export const ApiTokenEntry = z.object({
  /** It names the token, and opens nothing. */
  id: z.string(),
  user: Line,
  label: Line,
  /** It may do what this role may, and never more than its owner. */
  role: z.enum(ROLES),
  tags: GrantedTagList.optional(),
  createdAt: Timestamp,
  expiresAt: Timestamp,
  /** It is stored once a minute at most. */
  lastUsedAt: Timestamp.optional(),
});
export type ApiTokenEntry = ReadonlyJson<z.infer<typeof ApiTokenEntry>>;

/** The token itself is in this answer and nowhere else. */
export const ApiTokenAnswer = ApiTokenEntry.extend({ token: z.string() });
export type ApiTokenAnswer = ReadonlyJson<z.infer<typeof ApiTokenAnswer>>;
