/** A batch of an agent's reports is accepted in one transaction, with what follows from it. */

import {
  type AgentReport,
  asLine,
  type HostReading,
  type ReportsRequest,
  type Settled,
} from "@neverstale/fleet-domain";
import { endCommand, runningOn } from "../commands/decide.ts";
import { drive } from "../commands/driver.ts";
import { createCommand } from "../commands/new-command.ts";
import { acceptEnd, acceptOutput, acceptProgress } from "../commands/reports.ts";
import { noteWithin } from "../fleet/note.ts";
import { RequestRefusal } from "../fleet/refusal.ts";
import type { Work } from "../fleet/work.ts";
import { setOnline } from "../hosts/decide.ts";
import { markClock, SKEW_MS, toldTime } from "./agent-times.ts";
import { acceptChecks } from "./checks.ts";
import { noteClockOffset } from "./clock-offset.ts";
import { cloneAlarm } from "./clones.ts";
import { acceptHello } from "./hello.ts";
import { hear, type Presence, speaksToo } from "./presence.ts";

export function acceptReports(work: Work, request: ReportsRequest, before: Sender): Accepted {
  const { hostId } = before;
  if (!work.fleet.hosts.has(hostId)) throw removedMeanwhile(hostId);
  const { presence, repeated, cloned } = hear(before.presence, request.instance, request.seq, work.at.ms);
  if (cloned) cloneAlarm(work, hostId, "agent_cloned", "two agents report");
  setOnline(work, hostId, true);
  if (!repeated) noteClockOffset(work, hostId, request.sentAt);
  const taken = { received: {} as Record<string, number>, finished: [] as string[], missing: presence.missing };
  for (const report of newestFacts(request.reports)) {
    const from = { ...before, presence: { ...presence, missing: taken.missing } };
    if (report.type === "output") acceptOutput(work, hostId, report, taken.received);
    else if (report.type === "finished") acceptEnd(work, hostId, report, taken.finished);
    else if (!repeated) taken.missing = acceptFact(work, from, report);
  }
  return { received: taken.received, finished: taken.finished, presence: { ...presence, missing: taken.missing } };
}

type Report<T extends AgentReport["type"]> = Extract<AgentReport, { type: T }>;

export interface Accepted {
  readonly received: Record<string, number>;
  readonly finished: string[];
  /** It is to be remembered once this is committed. */
  readonly presence: Presence;
}

/** The agent of this host reports. */
interface Sender {
  readonly hostId: string;
  readonly presence: Presence;
  /** True means that a moment lies in this state's own past (rule E2). */
  readonly inHistory: (moment: Settled) => boolean;
}

/** When several reports say how something is now, only the last one counts. */
function newestFacts(reports: readonly AgentReport[]): readonly AgentReport[] {
  const last = new Map(reports.map((report) => [report.type, report]));
  const isReplaced = (report: AgentReport) => REPLACEABLE.has(report.type) && last.get(report.type) !== report;
  return reports.filter((report) => !isReplaced(report));
}

const REPLACEABLE: ReadonlySet<AgentReport["type"]> = new Set(["hello", "checks", "metrics", "state"] as const);

/** The host was let in, and removed before its turn came. Nothing of it may come back. */
function removedMeanwhile(hostId: string): RequestRefusal {
  return new RequestRefusal("not_signed_in", `the host ${hostId} was removed`, {
    hint: "Enrol it again with a new token.",
  });
}

/** It accepts what is true at the time of the report only. It returns which running commands the newest state report lacked. */
function acceptFact(
  work: Work,
  from: Sender,
  report: Report<"hello" | "checks" | "metrics" | "progress" | "state">,
): ReadonlySet<string> {
  const { hostId, presence } = from;
  switch (report.type) {
    case "hello":
      acceptHello(work, hostId, report);
      return presence.missing;
    case "checks":
      acceptChecks(work, hostId, report);
      return presence.missing;
    case "metrics": {
      const { type: _, ...told } = report;
      work.change("host_metrics", hostId, { ...readingFrom(told), id: hostId, lastSeenAt: work.at.iso });
      return presence.missing;
    }
    case "progress":
      acceptProgress(work, hostId, report);
      return presence.missing;
    case "state":
      return acceptState(work, from, report);
  }
}

/** The paths of file systems are the agent's own words. */
function readingFrom({ fileSystems, ...figures }: HostReading): HostReading {
  if (fileSystems === undefined) return figures;
  return { ...figures, fileSystems: fileSystems.map(({ path, used }) => ({ path: asLine(path), used })) };
}

/**
 * Both ends compare notes. A command is lost when two reports in a row lack it, because the first may have been written before a
 * claim was granted.
 */
function acceptState(work: Work, from: Sender, report: Report<"state">): ReadonlySet<string> {
  const { hostId, presence } = from;
  const known = new Set(report.known.map((entry) => entry.commandId));
  const missing = new Set<string>();
  for (const command of runningOn(work, hostId)) {
    if (known.has(command.id)) continue;
    const claimedBy = work.agent(hostId)?.commands.get(command.id)?.instance ?? "";
    if (speaksToo(presence, claimedBy, work.at.ms)) continue; // A clone knows nothing of it; the agent that runs it does.
    if (!presence.missing.has(command.id)) {
      missing.add(command.id);
      continue;
    }
    endCommand(work, command, { status: "lost", actor: "server", reason: "its agent knows nothing of it any more" });
    drive(work);
  }
  for (const entry of report.known) adopt(work, from, entry);
  return missing;
}

/** An agent that keeps the rules never has so many. */
const MAX_OPEN = 100;

/**
 * After a restore an agent may run, or have ended, a command that the state doesn't know, or knows as not yet given out. It is better
 * shown than hidden. So it becomes an assignment like any other: it can be stopped, keeps the host busy, and is given up with it.
 * The history knows what was accepted from the agent before, unless that lies beyond the restore.
 */
function adopt(work: Work, from: Sender, entry: Report<"state">["known"][number]): void {
  const { hostId, presence } = from;
  const { commandId: id, op, args, phase, settled } = entry;
  const known = work.fleet.commands.get(id);
  if (entry.startedAt === undefined || (settled !== undefined && from.inHistory(settled))) return;
  if (known === undefined ? work.output(id) !== null : known.host !== hostId || known.status !== "pending") return;
  if (known === undefined && (work.agent(hostId)?.commands.size ?? 0) >= MAX_OPEN) return;
  const what = known === undefined ? "which this state did not know" : "which this state had not given out";
  const isNoted = noteWithin(work, {
    category: "audit",
    level: "warn",
    actor: agentOf(hostId),
    host: hostId,
    action: "command_adopted",
    message: `${hostId} ${phase === "ended" ? "ran" : "runs"} ${op}, ${what}: adopted`,
    details: { commandId: id },
  });
  if (!isNoted) return; // The agent says so again, and what its budget allows is adopted later.
  if (known === undefined) createCommand(work, { id, host: hostId, op, args, requestedBy: agentOf(hostId) }, "adopted");
  const startedAt = startOf(work, hostId, entry.startedAt);
  work.change("command_progress", hostId, { id, status: "running", reason: null, deadline: null, startedAt });
  const claimed = { status: "claimed", instance: presence.instance } as const;
  work.changeAgent(hostId, "assignment_added", id, { id, op, args, ...claimed });
  if (phase !== "ended") work.change("host_updated", hostId, { runningCommand: id });
}

/** A command did not start before its host was enrolled, as clocks go. */
function startOf(work: Work, hostId: string, given: string): string {
  const enrolledMs = Date.parse(work.fleet.hosts.get(hostId)?.enrolledAt ?? work.at.iso);
  const { iso, isOff } = toldTime(work, given, new Date(enrolledMs - SKEW_MS).toISOString());
  if (isOff) markClock(work, hostId, true);
  return iso;
}

function agentOf(hostId: string): string {
  return `agent:${hostId}`;
}
