/** The driver looks at the state and does what is due: commands and pipelines move on by it. */

import { type Command, isFinal, type Pipeline, type PipelineStatus } from "@neverstale/fleet-domain";
import { hostCount, note } from "../fleet/note.ts";
import type { View, Work } from "../fleet/work.ts";
import { assign, endCommand, keepWaiting, place, retireCommandsOf } from "./decide.ts";

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
  const actions = active.flatMap((command) => expiry(command, now));
  for (const pipeline of view.fleet.pipelines.values()) {
    if (pipeline.status === "running") for (const action of pipelineActions(view, pipeline)) actions.push(action);
  }
  if (actions.length > 0) return actions;
  return nextPerHost(active.filter((command) => command.pipelineId === undefined)).flatMap((command) =>
    placeAction(view, command),
  );
}

/** The state says that this is still to be done. */
export type DueAction =
  | { readonly kind: "assign"; readonly command: Command }
  | { readonly kind: "wait"; readonly command: Command; readonly reason: string }
  | {
      readonly kind: "end";
      readonly command: Command;
      readonly status: "expired" | "blocked" | "skipped";
      readonly reason: string;
    }
  | { readonly kind: "fail_hosts"; readonly pipeline: Pipeline; readonly hosts: readonly string[] }
  | { readonly kind: "enter_stage"; readonly pipeline: Pipeline; readonly stage: number }
  | { readonly kind: "conclude"; readonly pipeline: Pipeline; readonly status: PipelineStatus };

/** A command of a later stage is pending for this reason. */
export const WAITS_FOR_STAGE = "stage: the stage before has not ended";

function expiry(command: Command, now: string): DueAction[] {
  if (command.status !== "pending" || command.deadline === undefined || command.deadline > now) return [];
  return [{ kind: "end", command, status: "expired", reason: command.reason ?? "its agent did not claim it in time" }];
}

/**
 * All hosts run a stage. Those that succeeded run the next one, and the others skip it. While the pipeline runs, all of its commands
 * are in the state, however many they are, because they tell how the earlier stages ended.
 */
function pipelineActions(view: View, pipeline: Pipeline): DueAction[] {
  const commands = [...view.fleet.commands.values()].filter((command) => command.pipelineId === pipeline.id);
  const failed = newlyFailed(pipeline, commands);
  if (failed.length > 0) return [{ kind: "fail_hosts", pipeline, hosts: failed }];
  const active = commands.filter((command) => !isFinal(command.status));
  const failedHosts = new Set(pipeline.failedHosts);
  const skipped = active.filter((command) => command.status === "pending" && failedHosts.has(command.host));
  if (skipped.length > 0) return skipped.map(skip);
  if (active.length === 0) return [{ kind: "conclude", pipeline, status: verdict(pipeline) }];
  const stage = active.reduce((lowest, command) => Math.min(lowest, command.stage ?? 0), Number.POSITIVE_INFINITY);
  if (stage !== pipeline.currentStage) return [{ kind: "enter_stage", pipeline, stage }];
  return active.filter((command) => command.stage === stage).flatMap((command) => placeAction(view, command));
}

function newlyFailed(pipeline: Pipeline, commands: readonly Command[]): string[] {
  const known = new Set(pipeline.failedHosts);
  const failed = commands.filter(({ status, host }) => isFinal(status) && status !== "succeeded" && !known.has(host));
  return [...new Set(failed.map((command) => command.host))];
}

function skip(command: Command): DueAction {
  return { kind: "end", command, status: "skipped", reason: "an earlier stage did not succeed there" };
}

function verdict(pipeline: Pipeline): PipelineStatus {
  if (pipeline.failedHosts.length === 0) return "complete";
  return pipeline.failedHosts.length < pipeline.hosts.length ? "partial" : "failed";
}

/** A pending command that no agent has yet is given to its host, blocked, or left to wait with the reason said. */
function placeAction(view: View, command: Command): DueAction[] {
  if (command.status !== "pending" || view.agent(command.host)?.commands.has(command.id)) return [];
  const placed = place(view, command);
  if (placed.kind === "assign") return [{ kind: "assign", command }];
  if (placed.kind === "busy")
    return command.reason === placed.reason ? [] : [{ kind: "wait", command, reason: placed.reason }];
  if (command.pipelineId === undefined && placed.kind === "offline") return []; // The command waits until its deadline.
  return [{ kind: "end", command, status: "blocked", reason: placed.reason }];
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
      if (place(work, action.command).kind === "assign") assign(work, action.command);
      return;
    }
    case "wait":
      return keepWaiting(work, action.command, action.reason);
    case "end": {
      const command = work.fleet.commands.get(action.command.id);
      if (command === undefined || isFinal(command.status)) return; // Two actions of one look may end the same command.
      return endCommand(work, command, { status: action.status, reason: action.reason, actor: "server" });
    }
    case "fail_hosts": {
      const { id, failedHosts } = action.pipeline;
      return work.change("pipeline_progress", "", { id, failedHosts: [...failedHosts, ...action.hosts] });
    }
    case "enter_stage":
      return work.change("pipeline_progress", "", { id: action.pipeline.id, currentStage: action.stage });
    case "conclude":
      return conclude(work, action.pipeline, action.status, "server");
  }
}

export function conclude(work: Work, pipeline: Pipeline, status: PipelineStatus, actor: string): void {
  const { id, name } = pipeline;
  work.change("pipeline_finished", "", { id, status, finishedAt: work.at.iso });
  retireCommandsOf(work, id);
  const level = status === "complete" ? "success" : status === "cancelled" ? "info" : "error";
  const message = `pipeline ${name} on ${hostCount(pipeline.hosts.length)}: ${status}`;
  note(work, { category: "audit", level, actor, action: "pipeline_ended", message, details: { pipelineId: id } });
}
