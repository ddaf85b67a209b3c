/** This selector says which runs the screen shows, and in which order. */

import type { Command, Fleet } from "@neverstale/fleet-domain";
import { labelIn } from "@neverstale/fleet-domain/schema-free";
import { newestCreatedFirst } from "../state/record-lists.ts";
import { opTitleOf } from "./op-title.ts";
import { matchesWords } from "./run-words.ts";

/** The selector returns ids, the newest first. It reads the hosts only where a filter may name them. */
export function selectShownRuns(filter: string): (fleet: Fleet) => readonly string[] {
  return (fleet) => {
    const namesOf = (command: Command) => [
      labelIn(fleet.hosts, command.host),
      opTitleOf(command, fleet.hosts.get(command.host)),
    ];
    const shown = (command: Command) => filter === "" || matchesWords(command, namesOf(command), filter);
    return newestCreatedFirst([...fleet.commands.values()])
      .filter(shown)
      .map(({ id }) => id);
  };
}
