/** Admins invite, change, reset and remove users by these decisions. There is always an admin left who can come in. */

import type { Accounts, InviteRequest, Session, ShownUser, User, UserChange } from "@neverstale/fleet-domain";
import { sameJson } from "@neverstale/protocol";
import { forgetToken } from "../agents/enroll.ts";
import { type FleetMoment, isoAfter } from "../fleet/moment.ts";
import { note } from "../fleet/note.ts";
import { RequestRefusal } from "../fleet/refusal.ts";
import type { Work } from "../fleet/work.ts";
import { revokeApiTokensOf } from "./api-tokens.ts";
import { endSessionsOf, hasEnded, newPassword } from "./decide.ts";
import { requireWholeFleet, tagsOfUser } from "./granted.ts";
import { enrolledFactor, forgetFactorOf } from "./second-factors.ts";

/** One user has one link at most, so this bounds invitations, too. */
export const MAX_USERS = 1_000;
const LINK_MS = 24 * 60 * 60_000;

/** The user can come in by the link alone, until a password is set by it. */
export function inviteUser(work: Work, by: string, { name, role, tags }: InviteRequest, linkHash: string): ShownUser {
  requireAdmin(work, by);
  if (work.accounts.users.has(name))
    throw new RequestRefusal("bad_request", `there is a user ${name} already`, {
      hint: "Choose another name, or make a new link for that user.",
    });
  if (work.accounts.users.size >= MAX_USERS)
    throw new RequestRefusal("too_many_requests", `there are ${MAX_USERS} users already`, {
      hint: "Remove those that nobody needs.",
    });
  const limited = tags === undefined ? {} : { tags };
  const invited = { id: name, role, ...limited, createdAt: work.at.iso, ...linkOf(work.at, linkHash) };
  work.changeAccounts("user_added", name, invited);
  audit(
    work,
    by,
    "user_invited",
    `${by} invited ${name} as ${role}${tags === undefined ? "" : `, on ${tags.join(", ")}`}`,
  );
  return shownUser(work.accounts, userIn(work, name), work.at);
}

/** It takes the password and the sessions away, so that a new one-time link is all that is left. It returns the sessions that ended. */
export function resetUser(work: Work, by: string, name: string, linkHash: string): readonly string[] {
  requireAdmin(work, by);
  const user = userIn(work, name);
  if (name === by)
    throw new RequestRefusal("bad_request", "nobody resets the own account", { hint: "Set a new password instead." });
  if (user.disabled === true)
    throw new RequestRefusal("bad_request", `${name} is disabled`, { hint: "Enable the user first." });
  if (user.passwordHash !== undefined) requireAnotherAdmin(work, user, by);
  work.changeAccounts("user_updated", name, { passwordHash: null, ...linkOf(work.at, linkHash) });
  audit(work, by, "user_reset", `${by} took the password and the sessions of ${name} away, and made a one-time link`);
  return [...endSessionsOf(work, name, null), ...revokeApiTokensOf(work, name)];
}

/**
 * Whoever has another role from now on, or is disabled, signs in anew. Who is limited to other tags is shown other hosts at once, by
 * the same session. It returns the sessions that ended.
 */
export function changeUser(
  work: Work,
  by: string,
  name: string,
  { role, disabled, tags }: UserChange,
): readonly string[] {
  requireAdmin(work, by);
  const user = userIn(work, name);
  if (tags !== undefined && !sameJson([...(user.tags ?? [])], [...(tags ?? [])])) setTags(work, by, user, tags);
  const newRole = role === undefined || role === user.role ? null : role;
  const isDisabled = disabled ?? user.disabled === true;
  if (newRole === null && isDisabled === (user.disabled === true)) return [];
  if (isDisabled || (newRole ?? user.role) !== "admin") {
    requireAnotherAdmin(work, user, by);
    forgetTokensOf(work, name);
  }
  if (newRole !== null) {
    work.changeAccounts("user_updated", name, { role: newRole });
    audit(work, by, "user_role_changed", `${by} changed the role of ${name} from ${user.role} to ${newRole}`);
  }
  if (isDisabled !== (user.disabled === true)) setDisabled(work, by, name, isDisabled);
  return [...endSessionsOf(work, name, null), ...(isDisabled ? revokeApiTokensOf(work, name) : [])];
}

/** Whoever is limited has to do neither with people nor with new hosts. */
function setTags(work: Work, by: string, user: User, tags: UserChange["tags"]): void {
  const { id } = user;
  if (tags !== null) {
    requireAnotherAdmin(work, user, by);
    forgetTokensOf(work, id);
  }
  work.changeAccounts("user_updated", id, { tags: tags ?? null });
  const what = tags == null ? "the whole fleet" : `hosts with ${tags.join(", ")}`;
  audit(work, by, "user_tags_changed", `${by} granted ${what} to ${id}`);
}

function setDisabled(work: Work, by: string, name: string, isDisabled: boolean): void {
  const noLink = { linkHash: null, linkExpiresAt: null };
  work.changeAccounts("user_updated", name, isDisabled ? { disabled: true, ...noLink } : { disabled: null });
  const action = isDisabled ? "user_disabled" : "user_enabled";
  audit(work, by, action, `${by} ${isDisabled ? "disabled" : "enabled"} ${name}`);
}

/** It returns the sessions that ended. Events keep the name. */
export function removeUser(work: Work, by: string, name: string): readonly string[] {
  requireAdmin(work, by);
  requireAnotherAdmin(work, userIn(work, name), by);
  forgetTokensOf(work, name);
  const ended = [...endSessionsOf(work, name, null), ...revokeApiTokensOf(work, name)];
  forgetFactorOf(work, name);
  work.changeAccounts("user_removed", name, {});
  audit(work, by, "user_removed", `${by} removed the user ${name}`);
  return ended;
}

/** It returns whose link that is, or null when it opens nothing. */
export function userOfLink(accounts: Accounts, linkHash: string, at: FleetMoment): User | null {
  const user = [...accounts.users.values()].find((candidate) => candidate.linkHash === linkHash);
  return user !== undefined && hasGoodLink(user, at) ? user : null;
}

/** The link is used up by it. It returns the name of the user. */
export function takeLink(work: Work, linkHash: string, passwordHash: string): string {
  const user = userOfLink(work.accounts, linkHash, work.at);
  if (user === null) throw refusedLink();
  work.changeAccounts("user_updated", user.id, newPassword(passwordHash));
  audit(work, user.id, "password_set", `${user.id} set a password by a one-time link`);
  return user.id;
}

export function refusedLink(): RequestRefusal {
  return new RequestRefusal("not_signed_in", "this link was used before, has expired, or was withdrawn", {
    hint: "Ask an admin for a new one.",
  });
}

export function shownUser(accounts: Accounts, user: User, at: FleetMoment): ShownUser {
  const sessions = [...accounts.sessions.values()].filter(({ user: owner }) => owner === user.id);
  const open = user.disabled === true ? [] : sessions.filter((session) => !hasEnded(session, at.ms));
  const lastSeenAt = open
    .map((session) => session.lastSeenAt)
    .sort()
    .at(-1);
  return {
    name: user.id,
    role: user.role,
    ...(user.tags !== undefined && { tags: user.tags }),
    status: statusOf(user, open, at),
    secondFactor: enrolledFactor(accounts, user.id) !== null,
    createdAt: user.createdAt,
    ...(hasGoodLink(user, at) && { linkExpiresAt: user.linkExpiresAt }),
    sessions: open.length,
    ...(lastSeenAt !== undefined && { lastSeenAt }),
  };
}

function statusOf(user: User, open: readonly Session[], at: FleetMoment): ShownUser["status"] {
  if (user.disabled === true) return "disabled";
  if (user.passwordHash !== undefined || open.length > 0) return "active";
  return hasGoodLink(user, at) ? "invited" : "locked_out";
}

function hasGoodLink({ linkHash, linkExpiresAt, disabled }: User, at: FleetMoment): boolean {
  return linkHash !== undefined && linkExpiresAt !== undefined && linkExpiresAt > at.iso && disabled !== true;
}

function linkOf(at: FleetMoment, linkHash: string) {
  return { linkHash, linkExpiresAt: isoAfter(at, LINK_MS) };
}

function userIn(work: Work, name: string): User {
  const user = work.accounts.users.get(name);
  if (user === undefined) throw new RequestRefusal("not_found", `there is no user ${name}`);
  return user;
}

/** The one who asks was an admin when the request came, and may have lost that since (C11). */
export function requireAdmin(work: Work, by: string): void {
  const user = work.accounts.users.get(by);
  if (user?.role !== "admin" || user.disabled === true)
    throw new RequestRefusal("forbidden", "this needs the role admin");
  requireWholeFleet(tagsOfUser(user), "this");
}

/** Where the one to lose it has a password, another admin must have one. An invitation that nobody took may always be withdrawn by others. */
function requireAnotherAdmin(work: Work, user: User, by: string): void {
  if (!isEnabledAdmin(user)) return;
  const others = [...work.accounts.users.values()].filter(({ id }) => id !== user.id).filter(isEnabledAdmin);
  const needsPassword = user.passwordHash !== undefined || user.id === by;
  if (others.some(({ passwordHash }) => !needsPassword || passwordHash !== undefined)) return;
  throw new RequestRefusal("forbidden", `${user.id} is the last admin who can sign in`, {
    hint: "Make somebody else an admin first, who has set a password.",
  });
}

function isEnabledAdmin({ role, disabled, tags }: Pick<User, "role" | "disabled" | "tags">): boolean {
  return role === "admin" && disabled !== true && tags === undefined;
}

/** Whoever is no admin any more lets in no hosts either. */
function forgetTokensOf(work: Work, name: string): void {
  const tokens = [...work.accounts.enrollmentTokens.values()].filter(({ createdBy }) => createdBy === name);
  for (const { id } of tokens) forgetToken(work, id);
}

function audit(work: Work, actor: string, action: string, message: string): void {
  note(work, { category: "audit", level: "warn", actor, action, message });
}
