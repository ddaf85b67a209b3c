/** API tokens are made, used and revoked by these decisions. A token is its owner's, and may never do more than its owner. */

import {
  type Accounts,
  type ApiTokenEntry,
  type ApiTokenRequest,
  grantedByBoth,
  type Role,
  type StoredApiToken,
} from "@neverstale/fleet-domain";
import { type FleetMoment, isoAfter } from "../fleet/moment.ts";
import { note } from "../fleet/note.ts";
import { RequestRefusal } from "../fleet/refusal.ts";
import type { Work } from "../fleet/work.ts";

/** So many may one user have, and all together (B121). */
const MAX_OF_USER = 50;
export const MAX_API_TOKENS = 2_000;
/** A token in use is stored as used this often at most. */
const USED_EVERY_MS = 60_000;

export const RANK: Readonly<Record<Role, number>> = { viewer: 1, operator: 2, admin: 3 };

export function makeApiToken(work: Work, user: string, tokenHash: string, asked: ApiTokenRequest): ApiTokenEntry {
  const owner = work.accounts.users.get(user);
  if (owner === undefined || owner.disabled === true || RANK[asked.role] > RANK[owner.role])
    throw new RequestRefusal("forbidden", `nobody gives a token a role above the own one`);
  requireRoom(work, user);
  const { label, role, tags, ttlS } = asked;
  if (tags !== undefined && owner.tags !== undefined && grantedByBoth(owner.tags, tags)?.length !== tags.length)
    throw new RequestRefusal("forbidden", "nobody gives a token hosts that are not the own ones", {
      hint: `Give it some of your own tags: ${owner.tags.join(", ")}.`,
    });
  const limited = tags === undefined ? {} : { tags };
  const made = {
    id: tokenHash,
    user,
    label,
    role,
    ...limited,
    createdAt: work.at.iso,
    expiresAt: isoAfter(work.at, ttlS * 1000),
  };
  work.changeAccounts("api_token_made", tokenHash, made);
  const what = `the role ${role}${tags === undefined ? "" : ` on ${tags.join(", ")}`}`;
  audit(work, user, "api_token_made", `${user} made an API token with ${what}, good until ${made.expiresAt}`);
  return shownApiToken(made);
}

function requireRoom({ accounts }: Work, user: string): void {
  const own = [...accounts.apiTokens.values()].filter((token) => token.user === user);
  if (own.length < MAX_OF_USER && accounts.apiTokens.size < MAX_API_TOKENS) return;
  throw new RequestRefusal("too_many_requests", `${own.length} API tokens of ${user} are good still`, {
    hint: "Revoke those that nobody needs.",
  });
}

/** It may have expired by itself, meanwhile. */
export function revokeApiToken(work: Work, { id, user }: StoredApiToken, by: string): void {
  if (!work.accounts.apiTokens.has(id)) return;
  work.changeAccounts("api_token_revoked", id, {});
  audit(work, by, "api_token_revoked", `${by} revoked an API token of ${user}`);
}

/** It returns the hashes of the tokens, whose sockets end with them. */
export function revokeApiTokensOf(work: Work, user: string): string[] {
  const ids = [...work.accounts.apiTokens.values()].filter((token) => token.user === user).map(({ id }) => id);
  for (const id of ids) work.changeAccounts("api_token_revoked", id, {});
  return ids;
}

/** It returns the hashes of those that have expired. */
export function expiredApiTokens({ apiTokens }: Accounts, at: FleetMoment): string[] {
  return [...apiTokens.values()].filter(({ expiresAt }) => expiresAt <= at.iso).map(({ id }) => id);
}

/** It says what the token may do now, or null when it is good for nothing. That is looked up at every request. */
export function roleOfApiToken(accounts: Accounts, token: StoredApiToken, nowMs: number): Role | null {
  const owner = accounts.users.get(token.user);
  if (owner === undefined || owner.disabled === true || Date.parse(token.expiresAt) <= nowMs) return null;
  return RANK[token.role] <= RANK[owner.role] ? token.role : owner.role;
}

/** True means that its use is to be stored. */
export function isUnusedLately({ lastUsedAt, createdAt }: StoredApiToken, nowMs: number): boolean {
  return lastUsedAt === undefined || nowMs - Date.parse(lastUsedAt ?? createdAt) >= USED_EVERY_MS;
}

export function useApiToken(work: Work, id: string): void {
  const token = work.accounts.apiTokens.get(id);
  if (token === undefined || !isUnusedLately(token, work.at.ms)) return;
  work.changeAccounts("api_token_used", id, { lastUsedAt: work.at.iso });
}

/** A part of the hash is enough for a name, and opens nothing. */
export function shownApiToken({ id, ...rest }: StoredApiToken): ApiTokenEntry {
  return { ...rest, id: id.slice(0, 22) };
}

function audit(work: Work, actor: string, action: string, message: string): void {
  note(work, { category: "audit", level: "warn", actor, action, message });
}
