/** Time passes for hosts: they fall silent, and what ran on them is lost in the end. */

import type { Host } from "@neverstale/fleet-domain";
import { expireChecks } from "../agents/checks.ts";
import { endCommand, runningOn } from "../commands/decide.ts";
import { drive } from "../commands/driver.ts";
import { LOST_AFTER_MS } from "../commands/waiting-times.ts";
import type { Work } from "../fleet/work.ts";
import { setOffline } from "./decide.ts";

/** It looks for hosts that fell silent, deadlines that passed, and work on hosts that never came back. */
export function sweepFleet(work: Work, isSilent: (hostId: string) => boolean): void {
  const silent = [...work.fleet.hosts.values()].filter((host) => host.online && isSilent(host.id));
  setOffline(
    work,
    silent.slice(0, SILENT_AT_ONCE).map(({ id }) => id),
  );
  expireChecks(work);
  for (const host of [...work.fleet.hosts.values()]) if (!host.online) loseWorkOf(work, host);
  drive(work);
}

/** When more hosts fall silent at once, the next looks find the others: a transaction holds only so many changes (rule S8). */
export const SILENT_AT_ONCE = 1_000;

function loseWorkOf(work: Work, host: Host): void {
  for (const command of runningOn(work, host.id)) {
    const silentSince = host.offlineSince ?? command.startedAt ?? command.createdAt;
    if (work.at.ms - Date.parse(silentSince) < LOST_AFTER_MS) continue;
    endCommand(work, command, { status: "lost", actor: "server", reason: "its host has not been heard of for a day" });
  }
}
