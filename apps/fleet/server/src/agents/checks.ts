/** The checks of a host are taken as its agent tells them, and are unknown once it has not told them for a while. */

import {
  type AgentReport,
  asLine,
  type Host,
  type HostCheck,
  isVerified,
  VERIFIED_INTERVALS,
} from "@neverstale/fleet-domain";
import { utf8Bytes } from "@neverstale/protocol";
import { drive } from "../commands/driver.ts";
import { hostCount, line, note, noteWithin } from "../fleet/note.ts";
import type { Work } from "../fleet/work.ts";
import { markClock, SKEW_MS, toldTime } from "./agent-times.ts";

type Checks = Host["checks"];

/** The checks as they may be stored: words on one line, and times that can be. */
export function checksOf(work: Work, host: Host, told: Checks): Checks {
  const timed = Object.entries(told).map(
    ([name, check]) => [name, check, toldTime(work, check.checkedAt, host.enrolledAt)] as const,
  );
  if (timed.some(([, , { isOff }]) => isOff)) markClock(work, host.id, true);
  return Object.fromEntries(
    timed.map(([name, check, { iso }]) => [name, { ...check, message: asLine(check.message), checkedAt: iso }]),
  );
}

/**
 * A look that was told late is as old as it is, as far as that matters: one that is too old to say anything is stored as just too old. A time
 * in the future is now.
 */
function repeatedChecksOf(work: Work, hostId: string, told: Report["checks"]): Checks {
  const now = work.at.ms;
  const givenMs = (checkedAt: string) => Date.parse(checkedAt) || now;
  if (Object.values(told).some(({ checkedAt }) => givenMs(checkedAt) - now > SKEW_MS)) markClock(work, hostId, true);
  return Object.fromEntries(
    Object.entries(told).map(([name, check]) => {
      const earliest = now - VERIFIED_INTERVALS * check.everyMs - 1;
      const ms = Math.min(now, Math.max(earliest, givenMs(check.checkedAt)));
      return [name, { ...check, message: asLine(check.message), checkedAt: new Date(ms).toISOString() }];
    }),
  );
}

type Report = Extract<AgentReport, { type: "checks" }>;

/** These were told by a hello: the agent looks by itself, and not again and again. */
export function ownChecks({ checks }: Pick<Host, "checks">): Checks {
  return Object.fromEntries(Object.entries(checks).filter(([, { everyMs }]) => everyMs === undefined));
}

/** The agent makes these again and again, and tells of them apart. */
export function repeatedChecks({ checks }: Pick<Host, "checks">): Checks {
  return Object.fromEntries(Object.entries(checks).filter(([, { everyMs }]) => everyMs !== undefined));
}

/** It makes a merge patch that takes checks away. One that the agent doesn't name any more must not stay. */
export function withoutChecks(checks: Checks): Record<string, null> {
  return Object.fromEntries(Object.keys(checks).map((name) => [name, null]));
}

/** From now on the host has these repeated checks, and no others. Its own ones stay as its hello has told them. */
export function acceptChecks(work: Work, hostId: string, report: Report): void {
  const host = work.fleet.hosts.get(hostId);
  if (host === undefined) return;
  const own = ownChecks(host);
  const checks = { ...repeatedChecksOf(work, hostId, report.checks), ...own };
  const { recordBytes } = work.budgets.limits;
  const bytes = utf8Bytes(JSON.stringify({ ...host, checks }));
  if (bytes > recordBytes) return noteTooLarge(work, hostId, bytes, recordBytes);
  work.change("host_updated", hostId, { checks: { ...withoutChecks(host.checks), ...checks } });
  noteChanged(work, hostId, host.checks, checks);
  const waits = [...work.fleet.commands.values()].some((one) => one.host === hostId && one.verifying !== undefined);
  if (waits) drive(work);
}

function noteTooLarge(work: Work, host: string, bytes: number, most: number): void {
  work.budgets.countTooLarge();
  noteWithin(work, {
    category: "error",
    level: "error",
    actor: `agent:${host}`,
    host,
    action: "checks_too_large",
    message: `what the checks of ${host} say takes ${bytes} bytes with all else of it, more than ${most}: they stay as they were`,
  });
}

/** A new check that is well, and a time, are no news. */
function noteChanged(work: Work, host: string, before: Checks, after: Checks): void {
  const changed = Object.entries(after).filter(([name, { status }]) => (before[name]?.status ?? "ok") !== status);
  if (changed.length === 0) return;
  const words = changed.map(([name, { status, message }]) => `${name} is ${status}: ${message}`);
  noteWithin(work, {
    category: "system",
    level: changed.every(([, { status }]) => status === "ok") ? "success" : "warn",
    actor: `agent:${host}`,
    host,
    action: "checks_changed",
    message: line(`checks of ${host}: ${words.join("; ")}`),
  });
}

/**
 * A check that nobody has verified for some intervals is not known, whatever it was: the agent is away, or it hangs. Those of one look are
 * one event.
 */
export function expireChecks(work: Work): void {
  const hosts: string[] = [];
  for (const host of work.fleet.hosts.values()) {
    if (hosts.length >= EXPIRED_AT_ONCE) break; // The next looks find the others: a transaction holds only so many changes (rule S8).
    const unverified = Object.entries(host.checks).filter(
      ([, check]) => check.status !== "unknown" && !isVerified(check, work.at.ms),
    );
    if (unverified.length === 0) continue;
    hosts.push(host.id);
    const checks = Object.fromEntries(unverified.map(([name, check]) => [name, unknownSince(check)]));
    work.change("host_updated", host.id, { checks });
  }
  const [only] = hosts;
  if (only === undefined) return;
  const tell = (ids: readonly string[]) => {
    const named = ids.length > 10 ? `${ids.slice(0, 10).join(", ")} and ${ids.length - 10} more` : ids.join(", ");
    return line(`checks of ${hostCount(ids.length)} were not told again in time, and are unknown: ${named}`);
  };
  const event = { category: "system", level: "warn", actor: "server", action: "checks_unverified" } as const;
  if (hosts.length === 1) return note(work, { ...event, host: only, message: tell(hosts) });
  note(work, { ...event, message: tell(hosts), details: { hosts } }, {}, { hosts, tell });
}

const EXPIRED_AT_ONCE = 1_000;

function unknownSince({ status, message }: HostCheck): Pick<HostCheck, "status" | "message"> {
  return { status: "unknown", message: line(`its agent has not told it again in time; it was ${status}: ${message}`) };
}
