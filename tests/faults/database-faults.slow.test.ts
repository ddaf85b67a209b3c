import { expect, test } from "vitest";
import { killNode } from "./database/kill-node.ts";
import { lostTail } from "./database/lost-tail.ts";

// The others take longer: `npm run proofs -- database-faults` runs all of them.

test("[P3] the writer of three nodes is killed amid load: nothing acknowledged is lost, and nobody gets a full state for it", async () => {
  const { acknowledged, recovered } = await killNode({ rounds: 1, followers: 0 });
  expect(acknowledged).toBeGreaterThan(20);
  expect(recovered).toBe(acknowledged);
});

test("[N9] a standby without the tail is promoted: only what the database lost is lost, it is counted, and nobody is resumed from there", async () => {
  const { acknowledged, recovered, seen } = await lostTail({ changes: 50 });
  expect(recovered).toBeLessThan(acknowledged);
  expect(seen).toContain("history_lost_total was 1");
});
