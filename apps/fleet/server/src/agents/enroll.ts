/** An agent enrols with a token, which lets in one new host, once. */

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

/** A token is good for one host. The same agent (by its nonce) may ask again when the answer was lost. */
export function enroll(work: Work, request: EnrollRequest, secrets: EnrollSecrets): string {
  const token = [...work.accounts.enrollmentTokens.values()].find(
    (candidate) => candidate.tokenHash === secrets.tokenHash,
  );
  if (token === undefined || token.expiresAt <= work.at.iso) throw refusedToken("it is unknown or has expired");
  if (token.usedBy !== undefined) {
    if (token.nonceHash === secrets.nonceHash && work.fleet.hosts.has(token.usedBy)) return token.usedBy;
    throw refusedToken("it has been used");
  }
  const hostId = addHost(work, request, token.createdBy, token.tags);
  const { nonceHash, credentialHash: id } = secrets;
  work.changeAccounts("enrollment_token_used", token.id, { usedBy: hostId, nonceHash });
  work.changeAccounts("agent_credential_made", id, { id, host: hostId, createdAt: work.at.iso });
  return hostId;
}

export interface EnrollSecrets {
  readonly tokenHash: string;
  readonly nonceHash: string;
  readonly credentialHash: string;
}

function refusedToken(why: string): RequestRefusal {
  return new RequestRefusal("not_signed_in", `the enrolment token is refused: ${why}`, {
    hint: "Make a new one with neverstale token create; each works once, for an hour.",
  });
}

const ENROLLMENT_TOKEN_MS = 60 * 60_000;

export function makeEnrollmentToken(
  work: Work,
  tokenHash: string,
  createdBy: string,
  { label, tags, ttlS }: EnrollmentTokenRequest,
): EnrollmentToken {
  const id = work.at.newId();
  const expiresAt = isoAfter(work.at, ttlS === undefined ? ENROLLMENT_TOKEN_MS : ttlS * 1000);
  const asked = { ...(label !== undefined && { label }), ...(tags !== undefined && { tags }) };
  const made = { id, createdBy, createdAt: work.at.iso, expiresAt, ...asked };
  work.changeAccounts("enrollment_token_made", id, { ...made, tokenHash });
  note(work, {
    category: "audit",
    level: "info",
    actor: createdBy,
    action: "enrollment_token_made",
    message: `${createdBy} made an enrolment token`,
  });
  return made;
}

/** It leaves out what must not be shown of a token. */
export function shownToken(token: StoredEnrollmentToken): EnrollmentToken {
  const { tokenHash: _, nonceHash: __, ...rest } = token;
  return rest;
}

export function removeEnrollmentToken(work: Work, id: string, actor: string): void {
  if (!work.accounts.enrollmentTokens.has(id))
    throw new RequestRefusal("not_found", `there is no enrolment token ${id}`);
  work.changeAccounts("enrollment_token_removed", id, {});
  note(work, {
    category: "audit",
    level: "info",
    actor,
    action: "enrollment_token_removed",
    message: `${actor} removed an enrolment token`,
  });
}
