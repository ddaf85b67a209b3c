/** Two machines with one credential are noticed, told of, and marked in the host's record, by which an alert fires. */

import { noteWithin } from "../fleet/note.ts";
import type { Work } from "../fleet/work.ts";

export function cloneAlarm(work: Work, host: string, action: string, why: string): void {
  if (!work.fleet.hosts.has(host)) return;
  work.change("host_updated", host, { cloneSeenAt: work.at.iso });
  noteWithin(work, {
    category: "error",
    level: "error",
    actor: `agent:${host}`,
    host,
    action,
    message: `${why} as ${host}: is the machine a clone? Ask for a new credential, or remove the host and enrol both again.`,
  });
}
