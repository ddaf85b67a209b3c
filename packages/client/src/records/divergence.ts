/** A divergence is found by a digest or a beacon: records of the replica were others than the authority's (promise P5). */

import type { FullStateMessage, Position, ResyncReason } from "@neverstale/protocol";
import type { Healing } from "../machine/state.ts";
import type { Differences, RecordKey } from "./replica-records.ts";

/** It has been healed. */
export interface Divergence {
  readonly reason: ResyncReason;
  /** The records that were wrong had this position. Null: no full state had come yet. */
  readonly from: Position | null;
  readonly to: Position;
  /** Both are one position. If not, records that changed in between are among the differing ones. */
  readonly exact: boolean;
  readonly differing: number;
  /** These are the first hundred of them. */
  readonly records: readonly RecordKey[];
}

/** Returns what a full state has brought to light that was asked for. Null: it healed nothing but a gap. */
export function divergenceOf(healing: Healing, full: FullStateMessage, differences: Differences): Divergence | null {
  const { reason, from } = healing;
  if (differences.count === 0 || (reason !== "digest" && reason !== "drift")) return null;
  const { epoch, space, version } = full;
  const exact = from?.epoch === epoch && from.space === space && from.version === version;
  const { count, records } = differences;
  return { reason, from, to: { epoch, space, version }, exact, differing: count, records };
}
