/** The grid shows a pipeline's hosts by its stages, as its commands tell. */

import type { Command, Host, Pipeline } from "@neverstale/fleet-domain";
import { labelIn } from "@neverstale/fleet-domain/schema-free";

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
  const rows = pipeline.hosts.slice(0, MAX_ROWS).map((host) => ({
    host,
    hostname: labelIn(hosts, host),
    cells: pipeline.stages.map((_, stage) => cells.get(`${stage}/${host}`) ?? null),
  }));
  return { stages: pipeline.stages, rows, hidden: pipeline.hosts.length - rows.length };
}

const MAX_ROWS = 200;

export interface PipelineGrid {
  readonly stages: readonly string[];
  readonly rows: readonly GridRow[];
  /** This counts the hosts that have no row. */
  readonly hidden: number;
}

interface GridRow {
  readonly host: string;
  readonly hostname: string;
  /** There is a cell for each stage. It is null where there is no command: it has not come so far, or has left the live state. */
  readonly cells: readonly (Command | null)[];
}
