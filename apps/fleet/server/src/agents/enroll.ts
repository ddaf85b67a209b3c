/** An agent enrols with a token, which lets in as many new hosts as it was made for. */

import type {
  EnrollmentToken,
  EnrollmentTokenRequest,
  EnrollRequest,
  StoredEnrollmentToken,
} from "@neverstale/fleet-domain";
import { isoAfter } from "../fleet/moment.ts";
import { note } from "../fleet/note.ts";
import { RequestRefusal } from "../fleet/refusal.ts";
import type { Work } from "../fleet/work.ts";
import { addHost } from "../hosts/decide.ts";

/** Each use of a token makes a host. The same agent (by its nonce) may ask again when the answer was lost. */
export function enroll(work: Work, request: EnrollRequest, secrets: EnrollSecrets): string {
  const token = [...work.accounts.enrollmentTokens.values()].find(
    (candidate) => candidate.tokenHash === secrets.tokenHash,
  );
  if (token === undefined || token.expiresAt <= work.at.iso) throw refusedToken("it is unknown or has expired");
  const before = enrolledBefore(work, token, secrets.nonceHash);
  if (before !== null && work.fleet.hosts.has(before)) return before;
  if (before !== null) throw refusedToken("the host that it made was removed");
  const used = usesOf(token);
  if (used >= (token.uses ?? 1)) throw refusedToken("it has been used up");
  const hostId = addHost(work, request, token.createdBy, token.tags);
  const { nonceHash, credentialHash: id } = secrets;
  work.changeAccounts("enrollment_token_used", token.id, { used: used + 1, usedBy: hostId });
  work.changeAccounts("enrollment_made", nonceHash, { id: nonceHash, token: token.id, host: hostId });
  work.changeAccounts("agent_credential_made", id, { id, host: hostId, createdAt: work.at.iso });
  return hostId;
}

function enrolledBefore(work: Work, token: StoredEnrollmentToken, nonceHash: string): string | null {
  const known = work.accounts.enrollments.get(nonceHash);
  if (known?.token === token.id) return known.host;
  return token.nonceHash === nonceHash ? (token.usedBy ?? null) : null;
}

/** Older releases noted nothing but the host of the one use. */
export function usesOf({ used, usedBy }: EnrollmentToken): number {
  return used ?? (usedBy === undefined ? 0 : 1);
}

export interface EnrollSecrets {
  readonly tokenHash: string;
  readonly nonceHash: string;
  readonly credentialHash: string;
}

function refusedToken(why: string): RequestRefusal {
  return new RequestRefusal("not_signed_in", `the enrolment token is refused: ${why}`, {
    hint: "Make a new one with neverstale token create. By default it works once, for an hour.",
  });
}

const ENROLLMENT_TOKEN_MS = 60 * 60_000;

export function makeEnrollmentToken(
  work: Work,
  tokenHash: string,
  createdBy: string,
  { label, tags, ttlS, uses = 1 }: EnrollmentTokenRequest,
): EnrollmentToken {
  requireRoom(work, uses);
  const id = work.at.newId();
  const expiresAt = isoAfter(work.at, ttlS === undefined ? ENROLLMENT_TOKEN_MS : ttlS * 1000);
  const asked = { ...(label !== undefined && { label }), ...(tags !== undefined && { tags }), uses };
  const made = { id, createdBy, createdAt: work.at.iso, expiresAt, ...asked };
  work.changeAccounts("enrollment_token_made", id, { ...made, tokenHash });
  note(work, {
    category: "audit",
    level: "info",
    actor: createdBy,
    action: "enrollment_token_made",
    message: `${createdBy} made an enrolment token for ${uses === 1 ? "one host" : `${uses} hosts`}, good until ${expiresAt}`,
  });
  return made;
}

/** All tokens together are good for so many uses, and each use is kept for as long as its token. */
const MAX_USES = 100_000;
const MAX_TOKENS = 1_000;

function requireRoom(work: Work, uses: number): void {
  const tokens = [...work.accounts.enrollmentTokens.values()];
  const promised = tokens.reduce((sum, token) => sum + (token.uses ?? 1), 0);
  if (tokens.length < MAX_TOKENS && promised + uses <= MAX_USES) return;
  throw new RequestRefusal(
    "too_many_requests",
    `${tokens.length} enrolment tokens for ${promised} hosts are good still`,
    {
      hint: "Remove those that nobody needs, or make one for fewer hosts.",
    },
  );
}

/** It leaves out what must not be shown of a token. */
export function shownToken(token: StoredEnrollmentToken): EnrollmentToken {
  const { tokenHash: _, nonceHash: __, ...rest } = token;
  return rest;
}

export function removeEnrollmentToken(work: Work, id: string, actor: string): void {
  if (!work.accounts.enrollmentTokens.has(id))
    throw new RequestRefusal("not_found", `there is no enrolment token ${id}`);
  forgetToken(work, id);
  note(work, {
    category: "audit",
    level: "info",
    actor,
    action: "enrollment_token_removed",
    message: `${actor} removed an enrolment token`,
  });
}

/** The token goes with what is kept of its uses. It returns how many these were. */
export function forgetToken(work: Work, id: string): number {
  work.changeAccounts("enrollment_token_removed", id, {});
  const uses = [...work.accounts.enrollments.values()].filter(({ token }) => token === id);
  for (const use of uses) work.changeAccounts("enrollment_removed", use.id, {});
  return uses.length;
}
