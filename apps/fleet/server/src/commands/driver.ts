/** The driver looks at the state and does what is due: commands and pipelines move on by it. */

import {
  type Command,
  failuresAllowed,
  isFinal,
  type Pipeline,
  type PipelineStatus,
  waveEnds,
} from "@neverstale/fleet-domain";
import { isoAfter } from "../fleet/moment.ts";
import { hostCount, note } from "../fleet/note.ts";
import type { View, Work } from "../fleet/work.ts";
import { assign, endCommand, keepWaiting, place, retireCommandsOf } from "./decide.ts";
import { verification } from "./rules/checks.ts";
import { isDue } from "./rules/retries.ts";
import { noteUnfinished } from "./unfinished.ts";

/** It does what is due, in this transaction. */
export function drive(work: Work): void {
  for (let actions = dueActions(work, work.at.iso); actions.length > 0; actions = dueActions(work, work.at.iso)) {
    for (const action of actions) perform(work, action);
  }
}

/**
 * Work is level-triggered: this looks at the state and says what is missing. So whatever stopped in between, the next look goes on
 * from there. Whoever performs the actions looks again, until there are none.
 */
export function dueActions(view: View, now: string): DueAction[] {
  const active = [...view.fleet.commands.values()].filter((command) => !isFinal(command.status));
  const actions = active.flatMap((command) => [...expiry(command, now), ...verified(view, command, now)]);
  for (const pipeline of view.fleet.pipelines.values()) {
    if (pipeline.status === "running") for (const action of pipelineActions(view, pipeline, now)) actions.push(action);
  }
  if (actions.length > 0) return actions;
  const alone = active.filter((command) => command.pipelineId === undefined && isDue(command, now));
  return nextPerHost(alone).flatMap((command) => placeAction(view, command, now));
}

/** The state says that this is still to be done. */
export type DueAction =
  | { readonly kind: "assign"; readonly command: Command }
  | { readonly kind: "wait"; readonly command: Command; readonly reason: string }
  | {
      readonly kind: "end";
      readonly command: Command;
      readonly status: "expired" | "blocked" | "skipped" | "succeeded" | "failed";
      readonly reason: string;
    }
  | { readonly kind: "fail_hosts"; readonly pipeline: Pipeline; readonly hosts: readonly string[] }
  | { readonly kind: "stop"; readonly pipeline: Pipeline; readonly reason: string }
  | { readonly kind: "enter_stage"; readonly pipeline: Pipeline; readonly stage: number }
  | { readonly kind: "pause"; readonly pipeline: Pipeline; readonly ms: number }
  | { readonly kind: "enter_wave"; readonly pipeline: Pipeline; readonly wave: number }
  | { readonly kind: "conclude"; readonly pipeline: Pipeline; readonly status: PipelineStatus };

/** A command of a later stage is pending for this reason. */
export const WAITS_FOR_STAGE = "stage: the stage before has not ended";
/** A command of a later wave is pending for this reason. */
export const WAITS_FOR_WAVE = "wave: the hosts of the wave before have not ended";

function expiry(command: Command, now: string): DueAction[] {
  if (command.status !== "pending" || command.deadline === undefined || command.deadline > now) return [];
  return [{ kind: "end", command, status: "expired", reason: command.reason ?? "its agent did not claim it in time" }];
}

function verified(view: View, command: Command, now: string): DueAction[] {
  const end = verification(view, command, now);
  return end === null ? [] : [{ kind: "end", command, ...end }];
}

/**
 * All hosts of a wave run a stage. Those that succeeded run the next one, and the others skip it. While the pipeline runs, all of its
 * commands are in the state, however many they are, because they tell how the earlier stages ended.
 */
function pipelineActions(view: View, pipeline: Pipeline, now: string): DueAction[] {
  const commands = [...view.fleet.commands.values()].filter((command) => command.pipelineId === pipeline.id);
  const failed = newlyFailed(pipeline, commands);
  if (failed.length > 0) return [{ kind: "fail_hosts", pipeline, hosts: failed }];
  const tooMany = tooManyFailed(pipeline);
  if (tooMany !== null) return [{ kind: "stop", pipeline, reason: tooMany }];
  const active = commands.filter((command) => !isFinal(command.status));
  const failedHosts = new Set(pipeline.failedHosts);
  const skipped = active.filter((command) => isLeftOut(view, pipeline, failedHosts, command));
  if (skipped.length > 0) return skipped.map((command) => skip(command, pipeline, failedHosts));
  if (active.length === 0) return [{ kind: "conclude", pipeline, status: verdict(pipeline, commands) }];
  const inWave = active.filter(isInWave(pipeline));
  if (inWave.length === 0) return nextWave(pipeline, now);
  const stage = inWave.reduce((lowest, command) => Math.min(lowest, command.stage ?? 0), Number.POSITIVE_INFINITY);
  if (stage !== pipeline.currentStage) return [{ kind: "enter_stage", pipeline, stage }];
  const due = inWave.filter((command) => command.stage === stage && isDue(command, now));
  return due.flatMap((command) => placeAction(view, command, now));
}

function newlyFailed(pipeline: Pipeline, commands: readonly Command[]): string[] {
  const known = new Set(pipeline.failedHosts);
  const failed = commands.filter((command) => hasFailed(command) && !known.has(command.host));
  return [...new Set(failed.map((command) => command.host))];
}

/** A command that is tried again has not failed yet. A host is left out where another one failed, or itself: the failure has been counted then. */
function hasFailed({ status, retriedBy }: Command): boolean {
  return isFinal(status) && status !== "succeeded" && status !== "skipped" && retriedBy === undefined;
}

function tooManyFailed({ failedHosts, hosts, maxFail, reason }: Pipeline): string | null {
  const most = failuresAllowed(maxFail, hosts.length);
  if (reason !== undefined || failedHosts.length <= most) return null;
  return `max_fail: it failed on ${hostCount(failedHosts.length)}, and may on ${most}`;
}

/** No command is begun on a host that failed, nor on any host once the pipeline goes no further. What an agent has is the agent's. */
function isLeftOut(
  view: View,
  { reason }: Pipeline,
  failedHosts: ReadonlySet<string>,
  { id, status, host }: Command,
): boolean {
  if (status !== "pending") return false;
  return failedHosts.has(host) || (reason !== undefined && view.agent(host)?.commands.has(id) !== true);
}

/** The number of hosts stands in the pipeline alone, since not all who see the command may know of the others. */
const NOT_BEGUN = "max_fail: it failed on more hosts than it may";

function skip(command: Command, { reason }: Pipeline, failedHosts: ReadonlySet<string>): DueAction {
  const own = failedHosts.has(command.host) || reason === undefined;
  const why = own ? "an earlier stage did not succeed there" : NOT_BEGUN;
  return { kind: "end", command, status: "skipped", reason: why };
}

/** The hosts of earlier waves have ended, or are about to. */
function isInWave({ hosts, waves, currentWave = 0 }: Pipeline): (command: Command) => boolean {
  if (waves === undefined) return () => true;
  const begun = new Set(hosts.slice(0, waveEnds(waves, hosts.length)[currentWave]));
  return ({ host }) => begun.has(host);
}

function nextWave(pipeline: Pipeline, now: string): DueAction[] {
  const { currentWave = 0, pauseMs, nextWaveAt } = pipeline;
  if (pauseMs !== undefined && nextWaveAt === undefined) return [{ kind: "pause", pipeline, ms: pauseMs }];
  const leftMs = nextWaveAt === undefined ? 0 : Date.parse(nextWaveAt) - Date.parse(now);
  if (leftMs > 0 && leftMs <= (pauseMs ?? 0)) return []; // When more is left, the clock was put back.
  return [{ kind: "enter_wave", pipeline, wave: currentWave + 1 }];
}

function verdict({ failedHosts, hosts }: Pipeline, commands: readonly Command[]): PipelineStatus {
  const undone = new Set(failedHosts);
  for (const { status, host } of commands) if (status === "skipped") undone.add(host);
  if (undone.size === 0) return "complete";
  return undone.size < hosts.length ? "partial" : "failed";
}

/** A pending command that no agent has yet is given to its host, blocked, or left to wait with the reason said. */
function placeAction(view: View, command: Command, now: string): DueAction[] {
  if (command.status !== "pending" || view.agent(command.host)?.commands.has(command.id)) return [];
  const placed = place(view, command, Date.parse(now));
  if (placed.kind === "assign") return [{ kind: "assign", command }];
  // A command that waits for its host by itself goes on waiting until its deadline. A retry has none yet.
  if (command.pipelineId === undefined && placed.kind === "offline" && command.deadline !== undefined) return [];
  if (mayWait(view, command, placed.kind))
    return command.reason === placed.reason ? [] : [{ kind: "wait", command, reason: placed.reason }];
  return [{ kind: "end", command, status: "blocked", reason: placed.reason }];
}

/** A command by itself waits here only because it was let wait when it was asked for. */
function mayWait(view: View, { op, pipelineId }: Command, why: "busy" | "offline" | "block"): boolean {
  if (why === "block") return false;
  if (pipelineId === undefined) return true;
  const rule = view.fleet.opRules.get(op);
  return why === "busy" ? rule?.busy !== "block" : rule?.offline === "queue";
}

/** It returns the oldest waiting command of each host. */
function nextPerHost(commands: readonly Command[]): Command[] {
  const next = new Map<string, Command>();
  for (const command of commands) {
    const other = next.get(command.host);
    if (command.status === "pending" && (other === undefined || command.createdAt < other.createdAt))
      next.set(command.host, command);
  }
  return [...next.values()];
}

function perform(work: Work, action: DueAction): void {
  switch (action.kind) {
    case "assign": {
      // Two actions of one look may want the same host. The second one waits for the next look.
      if (place(work, action.command, work.at.ms).kind === "assign") assign(work, action.command);
      return;
    }
    case "wait":
      return keepWaiting(work, action.command, action.reason);
    case "end": {
      const command = work.fleet.commands.get(action.command.id);
      if (command === undefined || isFinal(command.status)) return; // Two actions of one look may end the same command.
      const { status, reason } = action;
      return endCommand(work, command, { status, reason, actor: "server", exitCode: command.verifying?.exitCode });
    }
    case "fail_hosts": {
      const { id, failedHosts } = action.pipeline;
      return work.change("pipeline_progress", "", { id, failedHosts: [...failedHosts, ...action.hosts] });
    }
    case "stop":
      return stop(work, action.pipeline, action.reason);
    case "enter_stage":
      return work.change("pipeline_progress", "", { id: action.pipeline.id, currentStage: action.stage });
    case "pause": {
      const nextWaveAt = isoAfter(work.at, action.ms);
      return work.change("pipeline_progress", "", { id: action.pipeline.id, nextWaveAt });
    }
    case "enter_wave": {
      const { id } = action.pipeline;
      return work.change("pipeline_progress", "", { id, currentWave: action.wave, currentStage: 0, nextWaveAt: null });
    }
    case "conclude":
      return conclude(work, action.pipeline, action.status, "server");
  }
}

/** No stage and no wave is begun any more. What runs goes on to its end. */
function stop(work: Work, { id, name }: Pipeline, reason: string): void {
  work.change("pipeline_progress", "", { id, reason });
  note(work, {
    category: "error",
    level: "error",
    actor: "server",
    action: "pipeline_stopped",
    message: `pipeline ${name} does not go on: ${reason}`,
    details: { pipelineId: id },
  });
}

export function conclude(work: Work, pipeline: Pipeline, status: PipelineStatus, actor: string): void {
  const { id, name } = pipeline;
  noteUnfinished(work, pipeline);
  work.change("pipeline_finished", "", { id, status, finishedAt: work.at.iso, nextWaveAt: null });
  retireCommandsOf(work, id);
  const level = status === "complete" ? "success" : status === "cancelled" ? "info" : "error";
  const message = `pipeline ${name} on ${hostCount(pipeline.hosts.length)}: ${status}`;
  const event = {
    category: "audit",
    level,
    actor,
    action: "pipeline_ended",
    message,
    details: { pipelineId: id },
  } as const;
  const tell = (hosts: readonly string[]) => `pipeline ${name} on ${hostCount(hosts.length)} has ended`;
  note(work, { ...event }, {}, { hosts: pipeline.hosts, tell });
}
