/** A pipeline knows where it did not come to its end, so that a retry runs exactly what is left. */

import type { Command, FinalStatus, Pipeline } from "@neverstale/fleet-domain";
import type { Work } from "../fleet/work.ts";

type Unfinished = Record<string, { readonly stage: number; readonly started: boolean } | null>;

/** The pipeline does not go on with these hosts, whose commands it has: each one's first that did not succeed is where it stopped. */
function unfinishedOf(commands: Iterable<Command>): Unfinished {
  const first = new Map<string, Command>();
  for (const command of commands) {
    const before = first.get(command.host);
    if (
      command.status !== "succeeded" &&
      command.retriedBy === undefined &&
      stageOf(command) < (before === undefined ? Number.POSITIVE_INFINITY : stageOf(before))
    )
      first.set(command.host, command);
  }
  return Object.fromEntries([...first].map(([host, command]) => [host, stoppedAt(command)]));
}

function stoppedAt(command: Command) {
  return { stage: stageOf(command), started: command.startedAt !== undefined || command.retryOf !== undefined };
}

function stageOf({ stage = 0 }: Command): number {
  return stage;
}

/** A command that ran on while its pipeline ended may still succeed. Then a retry begins behind it. */
export function noteEndOfStage(work: Work, command: Command, status: FinalStatus): void {
  const pipeline = work.fleet.pipelines.get(command.pipelineId ?? "");
  if (pipeline === undefined || pipeline.status === "running" || status !== "succeeded") return;
  const { host } = command;
  if (pipeline.unfinished?.[host]?.stage !== stageOf(command)) return;
  const next = stageOf(command) + 1;
  const left = next < pipeline.stages.length ? { stage: next, started: false } : null;
  work.change("pipeline_progress", "", { id: pipeline.id, unfinished: { [host]: left } });
}

/** All that has not succeeded by now is unfinished. */
export function noteUnfinished(work: Work, { id }: Pipeline): void {
  const unfinished = unfinishedOf([...work.fleet.commands.values()].filter(({ pipelineId }) => pipelineId === id));
  if (Object.keys(unfinished).length > 0) work.change("pipeline_progress", "", { id, unfinished });
}
