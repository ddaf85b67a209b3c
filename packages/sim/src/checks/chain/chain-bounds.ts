/** The chain bounds say what a fold must have trimmed of the chain, and what it must not. */

import type { Retention } from "@neverstale/server";
import type { SimTables } from "../../store/sim-tables.ts";

/** It tells what is wrong, or returns null. What came after trimming last looked is not held against it. */
export function chainOverBound(
  { data, added, lookedAt, newestAtLook }: SimTables,
  retention: Retention,
): string | null {
  const start = data.dropped.get("entry") ?? 0;
  const takeover = data.chain.findLast(({ type }) => type === "takeover");
  if (takeover?.term !== data.epochs.at(-1)) return `the takeover of ${data.epochs.at(-1)} is gone`;
  const old = data.chain.find((entry) => entry.sequence <= start && entry !== takeover);
  if (old !== undefined) return `entry ${old.sequence} of a chain that begins behind ${start}`;
  if (newestAtLook - start > Math.max(1, retention.chainEntries)) return `${newestAtLook - start} entries of the chain`;
  const [name] = data.endedNames;
  const isOld = name !== undefined && name.lastLog < (data.log[0]?.sequence ?? Number.POSITIVE_INFINITY);
  return isOld && added.ended === lookedAt.ended ? `the name of ${name.name}, of which the log has no row` : null;
}
