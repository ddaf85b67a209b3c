/** The configuration of a run says how its world is set up: its limits, its disk, and how its authority works. */

import type { Limits } from "@neverstale/server";
import type { DiskConfig } from "../store/disk.ts";
import type { RunPlan } from "./plan.ts";
import type { Random } from "./random.ts";

/** With these the store works in steps so small that every bound is met. */
const SMALL_STEPS = {
  sliceMs: 0,

  rowsAtOnce: 2,
  rowsPerMessage: 8,
  trimBytes: 4_096,
  pagesPerCommit: 1,
};

export function makeConfig(seed: string, chance: Random, keepTrace: boolean): RunPlan["config"] {
  const limits = {
    ...sizes(chance.fork("sizes")),
    tombstones: chance.chance(0.15) ? 200 : chance.int(0, 6),
    plainLogChars: chance.pick([200, 600, 20_000]),
    stuckMs: 12_000,
    largeDeltaChars: chance.fork("large deltas").pick([200, 500, 1_000_000]),
    foldMs: chance.int(300, 3_000),
    batchCalls: chance.pick([2, 20_000]),
  };
  const authority = {
    limits,
    beaconMs: chance.pick([3_000, 5_000]),
    scale: chance.chance(0.4) ? chance.pick([200, 1_000, 4_000]) : 1,
    zipFromChars: chance.pick([150, 600, 1e9]),
    buildMs: chance.pick([0, 20, 300, 2_000]),
    loopUtilization: chance.pick([0, 0.6, 1]),
  };
  const disk: DiskConfig = {
    writer: chance.pick(["worker", "worker", "auto", "inline"] as const),
    retention: {
      logChanges: chance.pick([0, 10, 1_000_000]),
      historyRows: chance.pick([0, 5, 1_000_000]),
      answersPerOwner: 60,
      chainEntries: chance.fork("chain").pick([0, 10, 1_000_000]),
    },
    settings: {
      ...SMALL_STEPS,
      rowsPerLook: chance.int(1, 4),
      trimRows: chance.pick([1, 8]),
      checkpointPages: chance.pick([8, 100]),
    },
  };
  return { seed, authority, disk, keepTrace };
}

/** These bounds are near what a run's records and transactions come to. */
function sizes(chance: Random): Partial<Limits> {
  if (chance.chance(0.5)) return {};
  return {
    recordBytes: chance.int(160, 220),
    transactionBytes: chance.int(1_000, 6_000),
    groupBytes: chance.int(1_000, 4_000),
    transactionChanges: chance.int(20, 60),
    tombstonesInAll: chance.int(5, 60),
  };
}
