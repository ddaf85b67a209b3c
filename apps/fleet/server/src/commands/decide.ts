/** Commands are placed, assigned, cancelled and ended by these decisions. */

import { type Command, type FinalStatus, type Fleet, type Host, isFinal } from "@neverstale/fleet-domain";
import type { Change } from "@neverstale/protocol";
import { isoAfter } from "../fleet/moment.ts";
import { line, note, noteWithin } from "../fleet/note.ts";
import type { View, Work } from "../fleet/work.ts";
import { finishOutput, limitOutput } from "./outputs.ts";
import { checkProblem } from "./rules/checks.ts";
import { planRetry } from "./rules/retries.ts";
import { noteEndOfStage } from "./unfinished.ts";
import { DELIVER_WITHIN_MS, WAIT_WITHIN_MS } from "./waiting-times.ts";

/** `busy` and `offline` pass by themselves; `block` doesn't. */
export type Place =
  | { readonly kind: "assign" }
  | { readonly kind: "busy" | "offline" | "block"; readonly reason: string };

/** It says whether the command's host can take it now. A host runs one command at a time: with an assignment it is busy. */
export function place(view: View, command: Pick<Command, "host" | "op">, nowMs: number): Place {
  const host = view.fleet.hosts.get(command.host);
  const agent = view.agent(command.host);
  if (host === undefined || agent === null) return { kind: "block", reason: "unknown_host: there is no such host" };
  if (!offers(host, command.op)) return { kind: "block", reason: `unknown_op: its agent does not allow ${command.op}` };
  if (!host.online) return { kind: "offline", reason: "offline: its agent is not connected" };
  for (const other of agent.commands.values())
    return { kind: "busy", reason: `busy: ${titleOf(view.fleet, host, other.op)} is still running there` };
  const problem = checkProblem(host, view.fleet.opRules.get(command.op)?.preChecks ?? [], nowMs);
  return problem === null ? { kind: "assign" } : { kind: "block", reason: `pre-${problem}` };
}

function titleOf(fleet: Fleet, host: Host, op: string): string {
  return fleet.opRules.get(op)?.title ?? host.ops.find((offer) => offer.name === op)?.title ?? op;
}

function offers(host: Host, op: string): boolean {
  return host.ops.some((offer) => offer.name === op);
}

/** It hands the command to the agent, which may claim it until the deadline. */
export function assign(work: Work, command: Command): void {
  const deadline = isoAfter(work.at, DELIVER_WITHIN_MS);
  const { id, host, op, args } = command;
  work.change("command_progress", host, { id, reason: null, deadline });
  work.changeAgent(host, "assignment_added", id, { id, op, args, deadline, status: "assigned" });
}

export function keepWaiting(work: Work, command: Command, reason: string): void {
  const within = work.fleet.opRules.get(command.op)?.deliverWithinMs ?? WAIT_WITHIN_MS;
  const deadline = command.deadline ?? isoAfter(work.at, within);
  work.change("command_progress", command.host, { id: command.id, reason, deadline });
}

export interface End {
  readonly status: FinalStatus;
  readonly actor: string;
  readonly reason?: string | undefined;
  readonly exitCode?: number | undefined;
  readonly startedAt?: string | undefined;
  readonly finishedAt?: string | undefined;
}

/** A command ends in every place that knows of it. The driver sees what its pipeline does next. */
export function endCommand(work: Work, command: Command, end: End): void {
  const { id, host } = command;
  work.change("command_finished", host, {
    id,
    status: end.status,
    reason: end.reason === undefined ? null : line(end.reason),
    exitCode: end.exitCode ?? null,
    startedAt: end.startedAt ?? command.startedAt ?? null,
    finishedAt: end.finishedAt ?? work.at.iso,
    cancelRequested: null,
    verifying: null,
    outputBytes: finishOutput(work, id) ?? command.outputBytes,
    ...(isNeeded(work.fleet, command) ? {} : { retired: true }),
  });
  if (work.agent(host)?.commands.has(id)) work.changeAgent(host, "assignment_removed", id, {});
  noteEndOfStage(work, command, end.status);
  if (work.fleet.hosts.get(host)?.runningCommand === id) work.change("host_updated", host, { runningCommand: null });
  const event = {
    ...eventOf(end),
    actor: end.actor,
    host,
    action: "command_ended",
    message: sentence(command, end),
    details: { commandId: id },
  };
  if (command.requestedBy === `agent:${host}`)
    noteWithin(work, event); // There may be many commands that nobody asked for.
  else note(work, event);
  planRetry(work, command, end.status);
}

/** A pipeline's next stage depends on how its commands ended, so they stay in the state while it runs. */
function isNeeded(fleet: Fleet, { pipelineId }: Command): boolean {
  return pipelineId !== undefined && fleet.pipelines.get(pipelineId)?.status === "running";
}

/** A pipeline has just ended. Its commands that ended before it are needed no more. */
export function retireCommandsOf(work: Work, pipelineId: string): void {
  for (const { id, host, status, pipelineId: of } of [...work.fleet.commands.values()]) {
    if (of === pipelineId && isFinal(status)) work.change("command_progress", host, { id, retired: true });
  }
}

/** Old releases stored ended commands without `retired`. Without it they would stay for ever. */
export function retireOld(fleet: Fleet): Change[] {
  return [...fleet.commands.values()]
    .filter((command) => isFinal(command.status) && command.retired !== true && !isNeeded(fleet, command))
    .map(({ id, host }) => ({ type: "command_progress", target: host, data: { id, retired: true } }));
}

function eventOf(end: End) {
  if (end.status === "succeeded") return { category: "audit", level: "success" } as const;
  if (end.status === "skipped" || end.status === "cancelled") return { category: "audit", level: "info" } as const;
  if (end.status === "blocked" || end.status === "expired") return { category: "audit", level: "warn" } as const;
  return { category: "error", level: "error" } as const;
}

function sentence(command: Command, end: End): string {
  const why = end.reason === undefined ? "" : `: ${end.reason}`;
  return `${command.op} on ${command.host} ${end.status.replace("_", " ")}${why}`;
}

/** It returns what runs on a host: one command as a rule, and more after some were adopted. */
export function runningOn(work: Work, hostId: string): Command[] {
  return [...(work.agent(hostId)?.commands.keys() ?? [])].flatMap((id) => {
    const command = work.fleet.commands.get(id);
    return command?.status === "running" ? [command] : [];
  });
}

/** A command that never started is stopped at once. Otherwise its agent is asked, and says when it has ended. */
export function cancelCommand(work: Work, command: Command, actor: string): void {
  const { id, host } = command;
  if (command.status === "pending")
    return endCommand(work, command, { status: "cancelled", actor, reason: `cancelled by ${actor}` });
  if (command.verifying !== undefined)
    return endCommand(work, command, {
      status: "cancelled",
      actor,
      reason: `its checks are waited for no more: ${actor}`,
    });
  if (command.status !== "running" || command.cancelRequested === true) return;
  work.change("command_progress", host, { id, cancelRequested: true });
  limitOutput(work, id);
  if (work.agent(host)?.commands.has(id)) work.changeAgent(host, "assignment_updated", id, { cancelRequested: true });
  const message = `${actor} asked to stop ${command.op} on ${host}`;
  note(work, {
    category: "audit",
    level: "info",
    actor,
    host,
    action: "command_cancel_requested",
    message,
    details: { commandId: id },
  });
}
