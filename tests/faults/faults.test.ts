import { expect, test } from "vitest";
import { pageDamage } from "./disk/page-damage.ts";
import { walDamage } from "./disk/wal-damage.ts";
import { malformedFrames } from "./network/malformed-frames.ts";
import { slowLine } from "./network/slow-line.ts";
import { stopped } from "./process/stopped.ts";

// These need neither root nor a tool, and are shorter than the scripts alone: see README.md. `npm run proofs -- faults` runs all.

test("[P2] a server that stood still is noticed within two beacons, and all is level when it goes on", async () => {
  const { seen } = await stopped({ ms: 4_000 });
  expect(seen).toContain("the client said stale");
});

test("[E3] a write-ahead log that lost its end: who had seen more gets the whole state under a new epoch", async () => {
  const { acknowledged, recovered } = await walDamage();
  expect(recovered).toBeLessThan(acknowledged);
});

test("[G2] a record that changed on disk after a clean stop is found by its digest, and not served", async () => {
  const { seen } = await pageDamage();
  expect(seen).toContain("store_damaged");
});

test("[A10] broken frames and handshakes end their own connections only", async () => {
  const { seen } = await malformedFrames({ connections: 200, seed: 2 });
  expect(seen).toContain("the other client kept its connection");
});

test("[M9] [R5] on a slow line a first state arrives, once, though the page is seen again all the time", async () => {
  const { seen } = await slowLine({ stateBytes: 120_000, bytesPerSecond: 40_000, awakeEveryMs: 700, beaconMs: 300 });
  expect(seen).toContain("on one connection");
});
