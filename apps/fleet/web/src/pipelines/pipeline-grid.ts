/** The grid shows a pipeline's hosts by its stages, as its commands tell. In a large one the hosts of one outcome stand together. */

import type { Command, Host, Pipeline } from "@neverstale/fleet-domain";
import { isFinal, labelIn } from "@neverstale/fleet-domain/schema-free";

export function gridOf(
  pipeline: Pipeline,
  commands: Iterable<Command>,
  hosts: ReadonlyMap<string, Host>,
): PipelineGrid {
  const cells = new Map<string, Command>();
  for (const command of commands) {
    if (command.pipelineId !== pipeline.id || command.retriedBy !== undefined) continue; // The last try stands in the grid.
    cells.set(`${command.stage ?? 0}/${command.host}`, command);
  }
  const rows = pipeline.hosts.map((host): GridRow => {
    const own = pipeline.stages.map((_, stage) => cells.get(`${stage}/${host}`) ?? null);
    return { host, hostname: labelIn(hosts, host), cells: own, outcome: outcomeOf(own) };
  });
  return { stages: pipeline.stages, groups: grouped(rows) };
}

/** Up to so many hosts stand in the order of the pipeline, so that each stays where it is. */
const IN_ORDER_UP_TO = 12;

function grouped(rows: readonly GridRow[]): readonly GridGroup[] {
  if (rows.length <= IN_ORDER_UP_TO) return [{ outcome: null, rows }];
  const groups = Map.groupBy(rows, ({ outcome }) => outcome);
  return OUTCOMES.flatMap((outcome) => {
    const own = groups.get(outcome);
    return own === undefined ? [] : [{ outcome, rows: own }];
  });
}

/** They come in this order: those that need a person first, those that are done last. */
const OUTCOMES = ["failed", "running", "waiting", "stopped", "unknown", "succeeded"] as const;
export type GridOutcome = (typeof OUTCOMES)[number];

/** A stage that did not succeed decides. What is skipped is so because of it. */
function outcomeOf(cells: readonly (Command | null)[]): GridOutcome {
  const statuses = cells.map((command) => command?.status ?? null);
  const ended = cells
    .filter((command) => command !== null && isFinal(command.status))
    .map((command) => command?.status);
  if (ended.some((status) => !["succeeded", "skipped", "cancelled"].includes(status ?? ""))) return "failed";
  if (statuses.includes("running")) return "running";
  if (statuses.includes("cancelled") || statuses.includes("skipped")) return "stopped";
  if (statuses.includes("pending")) return "waiting";
  return statuses.includes(null) ? "unknown" : "succeeded";
}

export interface PipelineGrid {
  readonly stages: readonly string[];
  readonly groups: readonly GridGroup[];
}

export interface GridGroup {
  /** Null means that all hosts are in it. */
  readonly outcome: GridOutcome | null;
  readonly rows: readonly GridRow[];
}

interface GridRow {
  readonly host: string;
  readonly hostname: string;
  /** There is a cell for each stage. It is null where there is no command: it has not come so far, or has left the live state. */
  readonly cells: readonly (Command | null)[];
  readonly outcome: GridOutcome;
}

/** When a stage began and ended, and how far it is. */
export interface StageSpan {
  readonly op: string;
  readonly done: number;
  readonly hosts: number;
  readonly failed: number;
  /** Null means that it has not begun anywhere. */
  readonly fromMs: number | null;
  /** Null while it runs somewhere, or has not begun. */
  readonly toMs: number | null;
}

export function stageSpans({ stages }: Pick<Pipeline, "stages">, { groups }: PipelineGrid): readonly StageSpan[] {
  const rows = groups.flatMap((group) => group.rows);
  return stages.map((op, stage) => {
    const own = rows.flatMap(({ cells }) => cells[stage] ?? []);
    const begun = own.flatMap(({ startedAt }) => (startedAt === undefined ? [] : [Date.parse(startedAt)]));
    const ended = own.flatMap(({ startedAt, finishedAt }) =>
      startedAt === undefined || finishedAt === undefined ? [] : [Date.parse(finishedAt)],
    );
    const isOpen = own.some(({ status, startedAt }) => !isFinal(status) && startedAt !== undefined);
    return {
      op,
      done: own.filter(({ status }) => isFinal(status)).length,
      hosts: own.length,
      failed: own.filter(({ status }) => isFinal(status) && !["succeeded", "skipped", "cancelled"].includes(status))
        .length,
      fromMs: begun.length === 0 ? null : least(begun),
      toMs: isOpen || ended.length === 0 ? null : -least(ended.map((ms) => -ms)),
    };
  });
}

/** There may be more of them than a call takes arguments. */
function least(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => (b < a ? b : a));
}
