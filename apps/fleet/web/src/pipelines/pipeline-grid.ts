import type { Command, Host, Pipeline } from "@neverstale/fleet-domain";
import { labelIn } from "@neverstale/fleet-domain/schema-free";

/** A pipeline's hosts by its stages, read from its commands. */
export interface PipelineGrid {
  readonly stages: readonly string[];
  readonly rows: readonly GridRow[];
  /** Hosts beyond the rows. */
  readonly hidden: number;
}

export interface GridRow {
  readonly host: string;
  readonly hostname: string;
  /** By stage; null where there is no command, because it has not come so far or is no longer in the live state. */
  readonly cells: readonly (Command | null)[];
}

const MAX_ROWS = 200;

export function gridOf(
  pipeline: Pipeline,
  commands: readonly Command[],
  hosts: ReadonlyMap<string, Host>,
): PipelineGrid {
  const cells = new Map<string, Command>();
  for (const command of commands) {
    if (command.pipelineId === pipeline.id) cells.set(`${command.stage ?? 0}/${command.host}`, command);
  }
  const rows = pipeline.hosts.slice(0, MAX_ROWS).map((host) => ({
    host,
    hostname: labelIn(hosts, host),
    cells: pipeline.stages.map((_, stage) => cells.get(`${stage}/${host}`) ?? null),
  }));
  return { stages: pipeline.stages, rows, hidden: pipeline.hosts.length - rows.length };
}
