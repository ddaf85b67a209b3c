/** The sizes tell how much there is of everything that a bound stands for, and the bounds themselves. */

import type { Limits } from "../limits/limits.ts";
import type { BoundsSeen } from "../limits/tally.ts";
import type { KeepIndexes } from "../space/keep-index.ts";
import type { Space } from "../space/space.ts";

/** It counts everything that rule S8 and rule P4 bound, and the steps that it takes to find the oldest record. */
export function sizesOf(spaces: Iterable<Space>, keepIndexes: KeepIndexes): Record<string, number> {
  const sizes = {
    spaces: 0,
    records: 0,
    tombstones: 0,
    unfolded_removals: 0,
    state_bytes: 0,
    largest_state_bytes: 0,
    largest_record_bytes: 0,
    eviction_lookups: 0,
    eviction_steps: 0,
  };
  for (const space of spaces) {
    sizes.spaces += 1;
    sizes.records += space.records;
    sizes.tombstones += space.tombstones;
    sizes.unfolded_removals += space.unfoldedRemovals;
    sizes.state_bytes += space.bytes;
    for (const { lookups, steps } of keepIndexes.of(space)) {
      sizes.eviction_lookups += lookups;
      sizes.eviction_steps += steps;
    }
    sizes.largest_state_bytes = Math.max(sizes.largest_state_bytes, space.bytes);
    sizes.largest_record_bytes = Math.max(sizes.largest_record_bytes, space.largestRecordBytes);
  }
  return sizes;
}

/** It tells the bounds themselves, so that a warning can be written as a share of them. */
export function limitsOf(limits: Limits): Record<string, number> {
  return {
    limit_spaces: limits.spaces,
    limit_tombstones: limits.tombstonesInAll,
    limit_record_bytes: limits.recordBytes,
    limit_transaction_bytes: limits.transactionBytes,
    limit_state_bytes: limits.stateBytes,
    limit_waiting_calls: limits.waitingCalls,
    limit_waiting_bytes: limits.waitingBytes,
  };
}

export function refusalsOf(seen: BoundsSeen): Record<string, number> {
  return Object.fromEntries(Object.entries(seen.refused).map(([bound, count]) => [`refused_${bound}_total`, count]));
}
