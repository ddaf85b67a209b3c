/** This selector says which runs the screen shows, and in which order. */

import type { Command, Fleet } from "@neverstale/fleet-domain";
import { labelIn } from "@neverstale/fleet-domain/schema-free";
import { newestCreatedFirst } from "../state/record-lists.ts";
import { opTitleOf } from "./op-title.ts";
import { matchesWords } from "./run-words.ts";

/**
 * The selector returns keys, the newest run first: `c <command>`, `r <run>` for what ran on several hosts, or `p <pipeline>`. A run is shown
 * where the filter finds one of its commands. It reads the hosts only where a filter may name them.
 */
export function selectShownRuns(filter: string): (fleet: Fleet) => readonly string[] {
  return (fleet) => {
    const namesOf = (command: Command) => [
      labelIn(fleet.hosts, command.host),
      opTitleOf(command, fleet.hosts.get(command.host)),
    ];
    const shown = (command: Command) => filter === "" || matchesWords(command, namesOf(command), filter);
    const all = newestCreatedFirst([...fleet.commands.values()]);
    const sizes = sizesOfRuns(all);
    return [...new Set(all.filter(shown).map((command) => keyOfRun(command, sizes)))];
  };
}

function sizesOfRuns(commands: readonly Command[]): ReadonlyMap<string, number> {
  const hosts = Map.groupBy(commands, ({ runId = "" }) => runId);
  return new Map([...hosts].map(([id, all]) => [id, new Set(all.map(({ host }) => host)).size]));
}

function keyOfRun({ id, runId, pipelineId }: Command, sizes: ReadonlyMap<string, number>): string {
  if (pipelineId !== undefined) return `p ${pipelineId}`;
  return runId !== undefined && (sizes.get(runId) ?? 0) > 1 ? `r ${runId}` : `c ${id}`;
}
