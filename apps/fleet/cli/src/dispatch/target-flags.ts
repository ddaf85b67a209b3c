/** Hosts are named on the command line, or found by the server at that moment: by tags, a filter or a saved group. */

import type { HostTarget } from "@neverstale/fleet-domain";
import type { Command } from "commander";
import type { Found } from "./host-names.ts";

export interface TargetFlags {
  readonly tag?: readonly string[];
  readonly filter?: string;
  readonly group?: string;
}

export function withTarget(command: Command): Command {
  return command
    .option("--tag <tag...>", "run it on the hosts that have all these tags")
    .option("--filter <text>", "run it on the hosts that this filter of the page would show")
    .option(
      "--group <name>",
      "run it on the hosts of this saved group; with --tag and --filter, on those that are in all",
    );
}

/** Null means that hosts were named. */
export function flaggedTarget(hosts: readonly string[], { tag, filter, group }: TargetFlags): Found<HostTarget | null> {
  const target = {
    ...(tag === undefined ? {} : { tags: [...tag] }),
    ...(filter === undefined ? {} : { filter }),
    ...(group === undefined ? {} : { group }),
  };
  const isGiven = Object.keys(target).length > 0;
  if (isGiven && hosts.length > 0)
    return { ok: false, problem: "name hosts, or give --tag, --filter or --group: not both" };
  if (!isGiven && hosts.length === 0)
    return { ok: false, problem: "on which hosts? Name them, say all, or give --tag, --filter or --group" };
  return { ok: true, value: isGiven ? target : null };
}
