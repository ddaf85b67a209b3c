/** An agent reports a command's progress, output and end, and they are accepted here. */

import { type AgentReport, asLine, type Command, isFinal, type OutputStatus } from "@neverstale/fleet-domain";
import { markClock, movedTime, toldTime } from "../agents/agent-times.ts";
import { noteWithin } from "../fleet/note.ts";
import type { Work } from "../fleet/work.ts";
import { endCommand } from "./decide.ts";
import { drive } from "./driver.ts";
import { appendOutput, cutOutput, outputStatus } from "./outputs.ts";
import { awaitChecks } from "./rules/checks.ts";
import { ownCommand } from "./rules/foreign.ts";

export function acceptProgress(work: Work, hostId: string, report: Report<"progress">): void {
  const command = ownCommand(work, hostId, report.commandId);
  if (command?.status !== "running") return;
  const { phase, current, total, message } = report;
  const said = message === undefined ? null : asLine(message);
  const progress = { phase: asLine(phase), current: current ?? null, total: total ?? null, message: said };
  work.change("command_progress", hostId, { id: command.id, progress });
}

/**
 * Output goes by `(commandId, offset)`. A piece that the server has is not taken again, and none is taken behind a hole. Output that
 * nobody keeps (any more) is acknowledged, so that the agent goes on to the end.
 */
export function acceptOutput(
  work: Work,
  hostId: string,
  report: Report<"output">,
  received: Record<string, number>,
): void {
  const { commandId, offset, bytes } = report;
  const command = ownCommand(work, hostId, commandId);
  const status = command === undefined ? null : outputStatus(work, commandId);
  received[commandId] = offset + bytes;
  if (command === undefined || status === null) return;
  if (status.cut === true || isOver(command)) return work.budgets.countDropped(bytes);
  if (offset !== status.bytes || !wasClaimed(command)) {
    received[commandId] = status.bytes;
    return;
  }
  const refused = budgetProblem(work, hostId, status, bytes);
  if (refused === null) return appendOutput(work, command, status, report);
  work.budgets.countDropped(bytes);
  cutOutput(work, command, status, refused);
}

type Report<T extends AgentReport["type"]> = Extract<AgentReport, { type: T }>;

/** A command that was neither claimed nor adopted has written nothing. */
function wasClaimed(command: Command): boolean {
  return command.startedAt !== undefined;
}

/** `lost` is the server's guess. What such a command wrote may still come. */
function isOver(command: Command): boolean {
  return isFinal(command.status) && command.status !== "lost";
}

function budgetProblem(work: Work, hostId: string, status: OutputStatus, bytes: number): string | null {
  const { commandOutputBytes } = work.budgets.limits;
  if (status.bytes + bytes > commandOutputBytes) return `of one command ${sizeOf(commandOutputBytes)} are kept`;
  if (status.bytes + bytes > (status.atMost ?? Number.POSITIVE_INFINITY)) return "it was asked to stop, and went on";
  if (work.budgets.spendOutput(hostId, bytes, work.at.ms)) return null;
  return "its host has written more than is kept of one host";
}

function sizeOf(bytes: number): string {
  return bytes % MIB === 0 ? `${bytes / MIB} MiB` : `${bytes} bytes`;
}

const MIB = 1024 * 1024;

/** A command may end so without ever having been claimed. Every other end needs a claim. */
const UNCLAIMED_ENDS: ReadonlySet<string> = new Set(["rejected", "expired", "cancelled"]);

export function acceptEnd(work: Work, hostId: string, report: Report<"finished">, finished: string[]): void {
  const { commandId } = report;
  const command = ownCommand(work, hostId, commandId);
  if (command === undefined || isOver(command) || command.verifying !== undefined) return void finished.push(commandId);
  if (!wasClaimed(command) && !UNCLAIMED_ENDS.has(report.status)) return refuseEnd(work, command, report);
  const status = outputStatus(work, commandId);
  // The end must not be shown before the output.
  if (status !== null && status.cut !== true && status.bytes < report.outputBytes) return;
  const reason = report.reason === undefined ? {} : { reason: asLine(report.reason) };
  const actor = `agent:${hostId}`;
  const waits = report.status === "succeeded" && awaitChecks(work, command, report.exitCode, actor);
  if (!waits) endCommand(work, command, { ...report, ...reason, ...timesOf(work, command, report), actor });
  drive(work);
  finished.push(commandId);
}

/**
 * An end without a claim is not accepted. An agent that has run the command, in a history that was lost, says so in its next `state`
 * and is believed then.
 */
function refuseEnd(work: Work, command: Command, report: Report<"finished">): void {
  noteWithin(work, {
    category: "error",
    level: "error",
    actor: `agent:${command.host}`,
    host: command.host,
    action: "end_refused",
    message: `the agent of ${command.host} says that ${command.op} ${report.status.replace("_", " ")}, but never claimed it: not counted`,
    details: { commandId: command.id },
  });
}

/**
 * It moves the agent's times to where they can be: not before the claim, and not in the future. The time between them stays, as far as
 * there is room, because any clock tells rightly how long something took.
 */
function timesOf(work: Work, command: Command, report: Report<"finished">) {
  const { createdAt, startedAt: claimedAt } = command;
  const earliest = claimedAt ?? createdAt;
  const start = report.startedAt === undefined ? null : toldTime(work, report.startedAt, earliest);
  const end = toldTime(work, report.finishedAt, earliest);
  markClock(work, command.host, end.isOff || start?.isOff === true);
  const movedMs = end.movedMs < 0 ? end.movedMs : (start?.movedMs ?? 0); // A fast clock shows at the end, a slow one at the start.
  const startedAt = report.startedAt === undefined ? earliest : movedTime(work, report.startedAt, movedMs, earliest);
  const finishedAt = movedTime(work, report.finishedAt, movedMs, startedAt);
  return { startedAt: claimedAt === undefined ? undefined : startedAt, finishedAt };
}
