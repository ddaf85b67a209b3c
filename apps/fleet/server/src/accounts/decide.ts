/** Sessions, the admin's password and enrolment tokens begin and end by these decisions. */

import type { Accounts, EnrollmentToken, GrantedTags, Role, Session } from "@neverstale/fleet-domain";
import { forgetToken, usesOf } from "../agents/enroll.ts";
import { overdue, sweepCredentials } from "../agents/rotation.ts";
import type { FleetMoment } from "../fleet/moment.ts";
import { note } from "../fleet/note.ts";
import type { Work } from "../fleet/work.ts";
import { expiredApiTokens, revokeApiTokensOf } from "./api-tokens.ts";
import { oldFailedSignIns } from "./failed-sign-ins.ts";
import { tagsOfUser } from "./granted.ts";
import { enrolledFactor, forgetFactorOf } from "./second-factors.ts";

export const SESSION_IDLE_MS = 24 * 60 * 60_000;
export const SESSION_ABSOLUTE_MS = 7 * 24 * 60 * 60_000;
/** A session in use is stored as seen this often at most. */
const SESSION_SEEN_EVERY_MS = 60_000;
export const ADMIN = "admin";

export interface SignedIn {
  readonly user: string;
  readonly role: Role;
  readonly tags: GrantedTags;
  readonly session: Session;
}

/** It says who has the session now. That is looked up at every request, and no connection remembers it. */
export function signedIn(accounts: Accounts, session: Session | undefined, nowMs: number): SignedIn | null {
  const user = session === undefined ? undefined : accounts.users.get(session.user);
  if (session === undefined || user === undefined || user.disabled === true) return null;
  if (hasEnded(session, nowMs)) return null;
  return { user: user.id, role: user.role, tags: tagsOfUser(user), session };
}

export function hasEnded(session: Session, nowMs: number): boolean {
  return (
    nowMs - Date.parse(session.lastSeenAt) >= SESSION_IDLE_MS ||
    nowMs - Date.parse(session.createdAt) >= SESSION_ABSOLUTE_MS
  );
}

/** True means that its use is to be stored: so often that no session ends in use, so seldom that it costs nothing. */
function isUnseen(session: Session, nowMs: number): boolean {
  return !hasEnded(session, nowMs) && nowMs - Date.parse(session.lastSeenAt) >= SESSION_SEEN_EVERY_MS;
}

/** It returns the sessions that are in use and not stored as such. */
export function unseenSessions(accounts: Accounts, sessionHashes: readonly string[], nowMs: number): Session[] {
  return sessionHashes.flatMap((hash) => {
    const session = accounts.sessions.get(hash);
    return session !== undefined && isUnseen(session, nowMs) ? [session] : [];
  });
}

export function seeSessions(work: Work, sessionHashes: readonly string[]): void {
  for (const { id } of unseenSessions(work.accounts, sessionHashes, work.at.ms))
    work.changeAccounts("session_seen", id, { lastSeenAt: work.at.iso });
}

/** A session that is kept in memory is not among those that are stored. */
export function proveSession(work: Work, id: string): void {
  if (work.accounts.sessions.has(id)) work.changeAccounts("session_proved", id, { provedAt: work.at.iso });
}

/** It returns the session that ended to make room, which is the one that was not used for longest. */
export function openSession(work: Work, sessionHash: string, { user, how, ...from }: Opening): readonly string[] {
  const { iso } = work.at;
  const ended = makeRoom(work, user);
  work.changeAccounts("session_opened", sessionHash, {
    id: sessionHash,
    user,
    createdAt: iso,
    lastSeenAt: iso,
    ...from,
  });
  note(work, {
    category: "audit",
    level: "info",
    actor: user,
    action: "signed_in",
    message: `${user} signed in ${how}`,
  });
  return ended;
}

/** Somebody signs in. */
export interface Opening extends SessionSource {
  readonly user: string;
  /** It follows "signed in". */
  readonly how: string;
}

/** A session was begun from there. */
export interface SessionSource {
  readonly address?: string;
  readonly browser?: string;
}

/** So many sessions may one user have (B120). */
const MAX_SESSIONS = 100;

function makeRoom(work: Work, user: string): readonly string[] {
  const sessions = [...work.accounts.sessions.values()].filter((session) => session.user === user);
  if (sessions.length < MAX_SESSIONS) return [];
  const [oldest] = sessions.sort((a, b) => (a.lastSeenAt < b.lastSeenAt ? -1 : 1));
  if (oldest === undefined) return [];
  work.changeAccounts("session_ended", oldest.id, {});
  return [oldest.id];
}

/** It may have ended by itself, meanwhile. */
export function endSession(work: Work, session: Session, by: string): void {
  if (!work.accounts.sessions.has(session.id)) return;
  work.changeAccounts("session_ended", session.id, {});
  const { user } = session;
  const [action, message] =
    by === user ? ["signed_out", `${user} ended a session`] : ["session_ended", `${by} ended a session of ${user}`];
  note(work, { category: "audit", level: "info", actor: by, action, message });
}

/** True means that the one-time sign-in link is an admin's only way in: none has a password or is signed in. */
export function needsSetup(accounts: Accounts, nowMs: number): boolean {
  const isAdmin = (session: Session) => isAdminOfAll(signedIn(accounts, session, nowMs));
  return !hasAdminPassword(accounts) && ![...accounts.sessions.values()].some(isAdmin);
}

/** Only an admin who is limited to no tags has to do with people. */
export function isAdminOfAll(who: Pick<SignedIn, "role" | "tags"> | null): boolean {
  return who?.role === "admin" && who.tags === null;
}

/** True means that some admin of the whole fleet can sign in with a password. */
export function hasAdminPassword({ users }: Pick<Accounts, "users">): boolean {
  return [...users.values()].some(
    ({ role, disabled, tags, passwordHash }) =>
      role === "admin" && disabled !== true && tags === undefined && passwordHash !== undefined,
  );
}

/** A new password uses up the link by which it could have been set. */
export function newPassword(passwordHash: string) {
  return { passwordHash, linkHash: null, linkExpiresAt: null };
}

/** It makes `admin` an admin who may come in, where that is not so, and sets the password unless that is null. */
export function setUpAdmin(work: Work, passwordHash: string | null): void {
  const user = work.accounts.users.get(ADMIN);
  if (user === undefined) {
    work.changeAccounts("user_added", ADMIN, { id: ADMIN, role: "admin", createdAt: work.at.iso });
    note(work, {
      category: "audit",
      level: "info",
      actor: "server",
      action: "user_added",
      message: `the user ${ADMIN} was made`,
    });
  } else if (user.role !== "admin" || user.disabled === true || user.tags !== undefined) {
    work.changeAccounts("user_updated", ADMIN, { role: "admin", disabled: null, tags: null });
    const message = `${ADMIN} is an admin again`;
    note(work, { category: "audit", level: "warn", actor: "server", action: "user_role_changed", message });
  }
  if (passwordHash === null) return;
  work.changeAccounts("user_updated", ADMIN, newPassword(passwordHash));
  note(work, {
    category: "audit",
    level: "info",
    actor: ADMIN,
    action: "password_set",
    message: `${ADMIN} set a password`,
  });
}

/** It ends all other sessions of the user, and returns their hashes. */
export function changePassword(work: Work, user: string, passwordHash: string, ownSession: string): string[] {
  work.changeAccounts("user_updated", user, newPassword(passwordHash));
  // Whoever has a second factor proves by a code alone who that is: the password may be what was stolen.
  if (enrolledFactor(work.accounts, user) === null) proveSession(work, ownSession);
  const message = `${user} set a new password`;
  note(work, { category: "audit", level: "warn", actor: user, action: "password_set", message });
  return endSessionsOf(work, user, ownSession);
}

/**
 * It takes the admin's password and sessions away, so that a one-time link is all that is left. It returns the hashes of the
 * sessions.
 */
export function resetAdmin(work: Work): string[] {
  if (work.accounts.users.has(ADMIN))
    work.changeAccounts("user_updated", ADMIN, { passwordHash: null, linkHash: null, linkExpiresAt: null });
  forgetFactorOf(work, ADMIN);
  const message = `the password, the second factor and the sessions of ${ADMIN} were taken away, on the server's own machine`;
  note(work, { category: "audit", level: "warn", actor: "server", action: "admin_reset", message });
  return [...endSessionsOf(work, ADMIN, null), ...revokeApiTokensOf(work, ADMIN)];
}

/** It returns the hashes of the sessions that ended. */
export function endSessionsOf(work: Work, user: string, except: string | null): string[] {
  const ended = [...work.accounts.sessions.values()].filter(
    (session) => session.user === user && session.id !== except,
  );
  for (const { id } of ended) work.changeAccounts("session_ended", id, {});
  return ended.map((session) => session.id);
}

/** It removes ended sessions and dead tokens, and returns the hashes of the sessions and API tokens that ended. */
export function sweepAccounts(work: Work): string[] {
  const ended = [...work.accounts.sessions.values()].filter((session) => hasEnded(session, work.at.ms));
  for (const { id, user } of ended) {
    work.changeAccounts("session_ended", id, {});
    noteExpiry(work, "session_expired", `a session of ${user} has expired`);
  }
  const tokens = expiredApiTokens(work.accounts, work.at);
  for (const id of tokens) {
    const owner = work.accounts.apiTokens.get(id)?.user;
    work.changeAccounts("api_token_revoked", id, {});
    noteExpiry(work, "api_token_expired", `an API token of ${owner} has expired`);
  }
  for (const id of oldFailedSignIns(work.accounts, work.at)) work.changeAccounts("failed_sign_in_forgotten", id, {});
  let forgotten = 0;
  for (const token of [...work.accounts.enrollmentTokens.values()]) {
    if (token.expiresAt > work.at.iso) continue;
    if (forgotten > USES_A_SWEEP) break; // The next sweep goes on, since a transaction is bounded.
    forgotten += forgetToken(work, token.id);
    const { uses = 1, createdBy } = token;
    const used = usesOf(token);
    const unused = used === 0 ? "unused" : `used ${used} times of ${uses}`;
    if (used < uses)
      noteExpiry(work, "enrollment_token_expired", `an enrolment token of ${createdBy} has expired, ${unused}`);
  }
  sweepCredentials(work);
  return [...ended.map((session) => session.id), ...tokens];
}

const USES_A_SWEEP = 5_000;

function noteExpiry(work: Work, action: string, message: string): void {
  note(work, { category: "audit", level: "info", actor: "server", action, message });
}

/** True means that `sweepAccounts` would do something. This look costs no transaction. */
export function accountsNeedSweep(accounts: Accounts, at: FleetMoment): boolean {
  const isOver = (token: EnrollmentToken) => token.expiresAt <= at.iso;
  return (
    expiredApiTokens(accounts, at).length > 0 ||
    oldFailedSignIns(accounts, at).length > 0 ||
    overdue([...accounts.agentCredentials.values()], at.iso).length > 0 ||
    [...accounts.sessions.values()].some((session) => hasEnded(session, at.ms)) ||
    [...accounts.enrollmentTokens.values()].some(isOver)
  );
}
