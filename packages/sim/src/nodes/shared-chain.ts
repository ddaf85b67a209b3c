/** The shared chain is one database with several nodes. Each node may be paused, may lose an answer, and may lag behind. */

import type { MemoryData } from "@neverstale/server";
import type { RunCounters } from "../checks/counters.ts";
import type { Report } from "../checks/history.ts";
import type { Random } from "../plan/random.ts";
import { FarDatabase } from "./far-database.ts";
import { SharedNode } from "./shared-node.ts";

/** A node that is not chosen for a while is paused: it goes on as if no time had passed. */
export async function exploreSharedChain({ random, counters, report }: ExploredWorld): Promise<void> {
  const retention = { logChanges: random.pick([0, 8, 1_000_000]), chainEntries: random.pick([3, 1_000_000]) };
  const database = new FarDatabase({ retention });
  let hasFailed = false;
  const fail: Report = (rule, message) => {
    hasFailed = true;
    report(rule, message);
  };
  const nodes = ["n1", "n2", "n3"].map((name) => new SharedNode(name, database, random.fork(name), fail));
  let image: MemoryData = database.dump();
  for (let step = 0; step < STEPS && !hasFailed; step += 1) {
    if (random.chance(0.05)) database.loseNextAnswer(random.chance(0.5));
    if (random.chance(0.05)) image = database.dump();
    if (random.chance(0.01)) {
      database.restore(image);
      counters.add("nodes_tail_lost");
    }
    const outcome = await random.pick(nodes).step();
    counters.add(`nodes_${outcome.replaceAll(" ", "_")}`);
  }
}

const STEPS = 150;

interface ExploredWorld {
  readonly random: Random;
  readonly counters: RunCounters;
  readonly report: Report;
}
