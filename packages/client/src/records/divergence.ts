import type { FullStateMessage, Position, ResyncReason } from "@neverstale/protocol";
import type { Healing } from "../machine/state.ts";
import type { Differences, RecordKey } from "./records.ts";

/** Records that were others than the authority's, found by a digest or a beacon and healed (promise P5). */
export interface Divergence {
  readonly reason: ResyncReason;
  /** Of the records that were wrong; null: before the first full state. */
  readonly from: Position | null;
  readonly to: Position;
  /** Whether both are one position; if not, records that changed in between are among the differing ones. */
  readonly exact: boolean;
  readonly differing: number;
  /** The first hundred of them. */
  readonly records: readonly RecordKey[];
}

/** What a full state that was asked for has brought to light; null when it healed nothing but a gap. */
export function divergenceOf(healing: Healing, full: FullStateMessage, differences: Differences): Divergence | null {
  const { reason, from } = healing;
  if (differences.count === 0 || (reason !== "digest" && reason !== "drift")) return null;
  const { epoch, space, version } = full;
  const exact = from?.epoch === epoch && from.space === space && from.version === version;
  const { count, records } = differences;
  return { reason, from, to: { epoch, space, version }, exact, differing: count, records };
}
