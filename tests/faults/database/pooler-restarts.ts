/** A pooler in transaction mode stands between the nodes and their database. It is killed and started again, and a node is killed too. */

import assert from "node:assert/strict";
import { startTestPooler, type TestPooler } from "../../../packages/store-postgres/src/io/test-pooler-suite.ts";
import { type Found, main, progress } from "../stage/fault.ts";
import { NodesStage } from "../stage/nodes/nodes-stage.ts";

/** Three nodes have three connections each, so they share them. */
const SESSIONS = 4;

export async function poolerRestarts({ rounds = 6 } = {}): Promise<Found> {
  const poolers: TestPooler[] = [];
  await using stage = await NodesStage.start({
    between: async (server) => {
      const pooler = await startTestPooler(server, SESSIONS);
      poolers.push(pooler);
      return pooler.port;
    },
  });
  const [pooler] = poolers;
  assert.ok(pooler !== undefined, "the pooler runs");
  const { ledger } = stage;
  let longestMs = 0;
  try {
    ledger.begin(stage.answering);
    for (let round = 0; round < rounds; round += 1) {
      await ledger.more(50);
      const killed = round % 3 === 2 ? await stage.writer() : null;
      progress(`round ${round + 1} of ${rounds}: the pooler ends`);
      ledger.forgetGaps();
      await pooler.stop(round % 2 === 0 ? "SIGKILL" : "SIGTERM");
      await killed?.kill();
      await pooler.start();
      await killed?.start();
      await ledger.more(50);
      longestMs = Math.max(longestMs, ledger.longestGapMs);
    }
    const { acknowledged, recovered, seen } = await stage.judge();
    const did = `pgbouncer in transaction mode with ${SESSIONS} sessions between 3 nodes and PostgreSQL, killed or stopped and started again ${rounds} times amid 4 writers, the writer killed ${Math.floor(rounds / 3)} times with it`;
    return {
      did,
      acknowledged,
      recovered,
      seen: `nothing was acknowledged for at most ${(longestMs / 1_000).toFixed(1)} s; ${seen}`,
    };
  } finally {
    await pooler.stop("SIGKILL");
  }
}

if (import.meta.main) await main(() => poolerRestarts());
