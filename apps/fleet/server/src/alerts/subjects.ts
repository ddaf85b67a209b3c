/** The subjects of an alert rule are what it is so of now, by the state alone. */

import {
  type Accounts,
  type AlertRule,
  type Command,
  type Fleet,
  type Host,
  isFinal,
  type Silence,
} from "@neverstale/fleet-domain";
import { failedSince } from "../accounts/failed-sign-ins.ts";
import type { Work } from "../fleet/work.ts";

/** The hosts or pipeline runs, or the sign-ins, of which it is so, each with since when the state says that, or null where the state doesn't say. */
export type Subjects = ReadonlyMap<string, number | null>;

export function subjectsOf({ fleet, accounts, at }: Seen, rule: AlertRule): Subjects {
  const nowMs = at.ms;
  switch (rule.kind) {
    case "host_offline":
      return hostsWhere(fleet, rule, ({ online, offlineSince }) => (online ? null : sinceOf(offlineSince)));
    case "metric":
      return hostsWhere(fleet, rule, (host) => (host.online && isAbove(fleet, rule, host) ? UNKNOWN : null));
    case "check":
      return hostsWhere(fleet, rule, (host) => (hasBadCheck(host, rule) ? UNKNOWN : null));
    case "command_failed":
      return hostsWithFailures(fleet, rule);
    case "pipeline_failed":
      return failedPipelines(fleet, rule, nowMs);
    case "sign_ins_failed":
      return failedSignIns(accounts, rule, nowMs);
    case "host_cloned":
      return hostsWhere(fleet, rule, ({ cloneSeenAt }) => clonedSince(cloneSeenAt, nowMs));
    case "backup_failed":
      return failedBackups(fleet);
  }
}

type Seen = Pick<Work, "fleet" | "accounts" | "at">;

/** An alert about sign-ins is about the server as a whole. */
const SIGN_INS = "sign-ins";

function failedSignIns(accounts: Accounts, { moreThan = 0, withinMs = 0 }: AlertRule, nowMs: number): Subjects {
  const { count } = failedSince(accounts, nowMs - withinMs);
  return new Map(count > moreThan ? [[SIGN_INS, null]] : []);
}

interface Since {
  readonly since: number | null;
}

const UNKNOWN: Since = { since: null };

/** A host that has never reported is not offline: nobody knows it yet. */
function sinceOf(offlineSince: string | undefined): Since | null {
  return offlineSince === undefined ? null : { since: Date.parse(offlineSince) };
}

/** Nobody can tell when only one machine is left, so it is forgotten in the end. */
function clonedSince(cloneSeenAt: string | undefined, nowMs: number): Since | null {
  const since = Date.parse(cloneSeenAt ?? "");
  return nowMs - since <= CLONE_WITHIN_MS ? { since } : null;
}

const CLONE_WITHIN_MS = 24 * 3_600_000;

function hostsWhere(fleet: Fleet, { tags }: AlertRule, since: (host: Host) => Since | null): Subjects {
  const found = new Map<string, number | null>();
  for (const host of fleet.hosts.values()) {
    if (tags !== undefined && !tags.some((tag) => host.tags.includes(tag))) continue;
    const so = since(host);
    if (so !== null) found.set(host.id, so.since);
  }
  return found;
}

function isAbove(fleet: Fleet, { metric, above }: AlertRule, { id }: Host): boolean {
  const value = metric === undefined ? undefined : fleet.metrics.get(id)?.[metric];
  return value !== undefined && above !== undefined && value > above;
}

function hasBadCheck({ checks }: Host, { names }: AlertRule): boolean {
  return Object.entries(checks).some(
    ([name, { status }]) => status !== "ok" && (names === undefined || names.includes(name)),
  );
}

/** The last command of an op that ended there did not succeed. Those of pipelines are the pipelines' matter. */
function hostsWithFailures(fleet: Fleet, rule: AlertRule): Subjects {
  const last = new Map<string, Command>();
  for (const command of fleet.commands.values()) {
    const { host, op, status, pipelineId, retriedBy, finishedAt = "" } = command;
    if (pipelineId !== undefined || !isFinal(status) || command.startedAt === undefined) continue;
    if (retriedBy !== undefined) continue; // It is not known yet whether it fails in the end.
    if (rule.names !== undefined && !rule.names.includes(op)) continue;
    const key = `${op} ${host}`;
    if (finishedAt >= (last.get(key)?.finishedAt ?? "")) last.set(key, command);
  }
  const failed = new Map<string, Since>();
  for (const { host, status, finishedAt } of last.values())
    if (FAILED.has(status) && finishedAt !== undefined && !failed.has(host))
      failed.set(host, { since: Date.parse(finishedAt) });
  return hostsWhere(fleet, rule, ({ id }) => failed.get(id) ?? null);
}

const FAILED: ReadonlySet<Command["status"]> = new Set(["failed", "timed_out", "lost"] as const);

/** A pipeline run that was retried with success is well again. */
function failedPipelines(fleet: Fleet, { names }: AlertRule, nowMs: number): Subjects {
  const found = new Map<string, number | null>();
  const healed = new Set<string>();
  for (const { status, retryOf } of fleet.pipelines.values())
    if (status === "complete" && retryOf !== undefined) healed.add(retryOf);
  for (const { id, name, status, finishedAt } of fleet.pipelines.values()) {
    if (finishedAt === undefined || healed.has(id) || !(status === "failed" || status === "partial")) continue;
    if (names !== undefined && !names.includes(name)) continue;
    if (nowMs - Date.parse(finishedAt) <= PIPELINE_WITHIN_MS) found.set(id, Date.parse(finishedAt));
  }
  return found;
}

/** It is so of the backups as a whole. */
function failedBackups({ backups }: Fleet): Subjects {
  const failing = [...backups.values()].filter(({ failingSince }) => failingSince !== undefined);
  return new Map(failing.map(({ id, failingSince = "" }) => [id, Date.parse(failingSince)]));
}

/** A pipeline that failed longer ago is history. */
const PIPELINE_WITHIN_MS = 24 * 3_600_000;

/** True while nobody is to be told of this host. */
export function isSilenced(fleet: Fleet, hostId: string, now: string): boolean {
  const host = fleet.hosts.get(hostId);
  if (host === undefined) return false;
  return [...fleet.silences.values()].some((silence) => isIn(silence, now) && isMeant(silence, host));
}

function isIn({ from, until }: Silence, now: string): boolean {
  return from <= now && now < until;
}

function isMeant({ hosts, tags }: Silence, host: Host): boolean {
  if (hosts === undefined && tags === undefined) return true;
  return hosts?.includes(host.id) === true || tags?.some((tag) => host.tags.includes(tag)) === true;
}
