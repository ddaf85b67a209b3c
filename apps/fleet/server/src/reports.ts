import {
  type AgentReport,
  type Command,
  chunkId,
  type HelloReport,
  type Host,
  isFinal,
  OUTPUT_STATUS_ID,
  type ReportsRequest,
  type Settled,
  type StateReport,
} from "@neverstale/fleet-domain";
import type { z } from "zod";
import { createCommand, endCommand, receivedBytes, runningOn } from "./commands.ts";
import { drive } from "./driver.ts";
import { note } from "./events.ts";
import { setOnline } from "./hosts.ts";
import { hear, type Presence, speaksToo } from "./presence.ts";
import { Refusal } from "./problem.ts";

import type { Work } from "./work.ts";

type Report<T extends AgentReport["type"]> = Extract<AgentReport, { type: T }>;

export interface Taken {
  readonly received: Record<string, number>;
  readonly finished: string[];
  /** To be remembered once this is committed. */
  readonly presence: Presence;
}

/** Who reports, and what is remembered of it. */
interface Sender {
  readonly hostId: string;
  readonly presence: Presence;
  /** Whether a moment lies in this state's own past (rule E2). */
  readonly inHistory: (moment: Settled) => boolean;
}

/** Takes a batch of an agent's reports, all in one transaction, and does what follows from them. */
export function takeReports(work: Work, request: ReportsRequest, before: Sender): Taken {
  const { hostId } = before;
  if (!work.fleet.hosts.has(hostId)) throw removedMeanwhile(hostId);
  const { presence, repeated, cloned } = hear(before.presence, request.instance, request.seq, work.at.ms);
  if (cloned) alarm(work, hostId);
  setOnline(work, hostId, true);
  const taken = { received: {} as Record<string, number>, finished: [] as string[], missing: presence.missing };
  for (const report of request.reports) {
    const from = { ...before, presence: { ...presence, missing: taken.missing } };
    if (report.type === "output") takeOutput(work, hostId, report, taken.received);
    else if (report.type === "finished") takeFinished(work, hostId, report, taken.finished);
    else if (!repeated) taken.missing = takeFact(work, from, report);
  }
  return { received: taken.received, finished: taken.finished, presence: { ...presence, missing: taken.missing } };
}

/** It was let in, and removed before its turn came: nothing of it may come back. */
function removedMeanwhile(hostId: string): Refusal {
  return new Refusal("not_signed_in", `the host ${hostId} was removed`, { hint: "Enrol it again with a new token." });
}

/** What is true at the time of the report only. Returns which running commands the newest state report lacked. */
function takeFact(
  work: Work,
  from: Sender,
  report: Report<"hello" | "metrics" | "progress" | "state">,
): ReadonlySet<string> {
  const { hostId, presence } = from;
  switch (report.type) {
    case "hello":
      takeHello(work, hostId, report);
      return presence.missing;
    case "metrics": {
      const { type: _, ...reading } = report;
      work.change("host_metrics", hostId, { ...reading, id: hostId, lastSeenAt: work.at.iso });
      return presence.missing;
    }
    case "progress":
      takeProgress(work, hostId, report);
      return presence.missing;
    case "state":
      return takeState(work, from, report);
  }
}

function takeHello(work: Work, hostId: string, hello: z.infer<typeof HelloReport>): void {
  const host = work.fleet.hosts.get(hostId);
  if (host === undefined) return;
  const { hostname, os, arch, agentVersion, ops } = hello;
  work.change("host_updated", hostId, {
    hostname,
    os,
    arch,
    agentVersion,
    ops,
    checks: { ...without(host.checks), ...hello.checks },
  });
  const message = `the agent of ${hostId} started (${agentVersion}, ${ops.length} ops)`;
  note(work, {
    category: "system",
    level: "info",
    actor: `agent:${hostId}`,
    host: hostId,
    action: "agent_started",
    message,
  });
}

/** A merge patch that takes every check away: what the agent doesn't name any more must not stay. */
function without(checks: Host["checks"]): Record<string, null> {
  return Object.fromEntries(Object.keys(checks).map((name) => [name, null]));
}

function takeProgress(work: Work, hostId: string, report: Report<"progress">): void {
  const command = commandOf(work, hostId, report.commandId);
  if (command?.status !== "running") return;
  const { phase, current, total, message } = report;
  const progress = { phase, current: current ?? null, total: total ?? null, message: message ?? null };
  work.change("command_progress", hostId, { id: command.id, progress });
}

/** By `(commandId, offset)`: what the server has is not taken again, and nothing is taken behind a hole. */
function takeOutput(work: Work, hostId: string, report: Report<"output">, received: Record<string, number>): void {
  const { commandId, offset, bytes, text } = report;
  const command = commandOf(work, hostId, commandId);
  const have = command === undefined ? null : receivedBytes(work, commandId);
  if (command === undefined || have === null) {
    received[commandId] = offset + bytes; // Nobody keeps it any more: the agent may drop it.
    return;
  }
  received[commandId] = have;
  if (offset !== have) return;
  const end = have + bytes;
  work.changeOutput(commandId, "output_appended", { id: chunkId(offset), offset, bytes, text, at: work.at.iso });
  const finished = isFinal(command.status) && end >= command.outputBytes;
  work.changeOutput(commandId, "output_progress", { id: OUTPUT_STATUS_ID, bytes: end, finished });
  received[commandId] = end;
}

function takeFinished(work: Work, hostId: string, report: Report<"finished">, finished: string[]): void {
  const { commandId } = report;
  const command = commandOf(work, hostId, commandId);
  if (command !== undefined) {
    const have = receivedBytes(work, commandId);
    if (have !== null && have < report.outputBytes) return; // Its output first: the end must not be shown before it.
    // `lost` was the server's guess; the agent knows better. Every other end stays.
    if (!isFinal(command.status) || command.status === "lost") {
      endCommand(work, command, { ...report, actor: `agent:${hostId}` });
      drive(work);
    }
  }
  finished.push(commandId);
}

/** Both ends compare notes. Two reports in a row, because the first may have been written before a claim was granted. */
function takeState(work: Work, from: Sender, report: z.infer<typeof StateReport>): ReadonlySet<string> {
  const { hostId, presence } = from;
  const known = new Set(report.known.map((entry) => entry.commandId));
  const missing = new Set<string>();
  for (const command of runningOn(work, hostId)) {
    if (known.has(command.id)) continue;
    const claimedBy = work.agent(hostId)?.commands.get(command.id)?.instance ?? "";
    if (speaksToo(presence, claimedBy, work.at.ms)) continue; // A clone knows nothing of it; the one that runs it does.
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

/** More than an agent that keeps the rules ever has. */
const MAX_OPEN = 100;

/**
 * After a restore an agent may run, or have ended, what the state doesn't know: better shown than hidden. It becomes an
 * assignment like any other, so that it can be stopped, keeps the host busy, and is given up with it. What was accepted
 * from the agent before is known to the history unless that lies beyond the restore.
 */
function adopt(work: Work, from: Sender, entry: z.infer<typeof StateReport>["known"][number]): void {
  const { hostId, presence } = from;
  const { commandId: id, op, args, phase, startedAt, settled } = entry;
  if (startedAt === undefined || work.fleet.commands.has(id) || work.output(id) !== null) return;
  if (settled !== undefined && from.inHistory(settled)) return;
  if ((work.agent(hostId)?.commands.size ?? 0) >= MAX_OPEN) return;
  createCommand(work, { id, host: hostId, op, args, requestedBy: `agent:${hostId}` }, "adopted");
  work.change("command_progress", hostId, { id, status: "running", reason: null, startedAt });
  const claimed = { status: "claimed", instance: presence.instance } as const;
  work.changeAgent(hostId, "assignment_added", id, { id, op, args, ...claimed });
  if (phase !== "ended") work.change("host_updated", hostId, { runningCommand: id });
  const message = `${hostId} ${phase === "ended" ? "ran" : "runs"} ${op}, which this state did not know: adopted`;
  note(work, {
    category: "audit",
    level: "warn",
    actor: `agent:${hostId}`,
    host: hostId,
    action: "command_adopted",
    message,
    details: { commandId: id },
  });
}

/** Only the host's own: an id is never authority (C31). */
function commandOf(work: Work, hostId: string, commandId: string): Command | undefined {
  const command = work.fleet.commands.get(commandId);
  return command?.host === hostId ? command : undefined;
}

function alarm(work: Work, host: string): void {
  const message = `two agents report as ${host}: is the machine a clone? Remove the host and enrol both again.`;
  note(work, { category: "error", level: "error", actor: `agent:${host}`, host, action: "agent_cloned", message });
}
