import { expect, test } from "vitest";
import { failingWrites } from "./disk/failing-writes.ts";
import { pageDamage } from "./disk/page-damage.ts";
import { walDamage } from "./disk/wal-damage.ts";
import { badNetwork } from "./network/bad-network.ts";
import { malformedFrames } from "./network/malformed-frames.ts";
import { neverReads } from "./network/never-reads.ts";
import { slowLine } from "./network/slow-line.ts";
import { killNine } from "./process/kill-9.ts";
import { stopped } from "./process/stopped.ts";

// Those that need neither root nor a tool, and shorter than the scripts alone: see README.md.

test("[P3] killed at random moments amid writers: nothing acknowledged is lost, clients resume by diff", async () => {
  const { acknowledged, recovered } = await killNine({ rounds: 4 });
  expect(acknowledged).toBeGreaterThan(20);
  expect(recovered).toBe(acknowledged);
});

test("[P1] behind a network that stalls, cuts within frames and goes silent no client ever shows a wrong state", async () => {
  const { seen } = await badNetwork({ ms: 8_000, clients: 3, seed: 3 });
  expect(seen).toContain("level afterwards");
});

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

test("[A1] writes that fail end the process, and the restart finds every acknowledged change", async () => {
  const { acknowledged, recovered } = await failingWrites();
  expect(acknowledged).toBeGreaterThan(20);
  expect(recovered).toBe(acknowledged);
});

test("[A10] broken frames and handshakes end their own connections only", async () => {
  const { seen } = await malformedFrames({ connections: 200, seed: 2 });
  expect(seen).toContain("the other client kept its connection");
});

test("[P4] a client that stops reading costs neither memory nor anything that was acknowledged", async () => {
  const { acknowledged, recovered, seen } = await neverReads({ changes: 16_000 });
  expect(acknowledged).toBeGreaterThan(20);
  expect(recovered).toBe(acknowledged);
  expect(seen).toContain("then level");
});

test("[M9] [R5] on a slow line a first state arrives, once, though the page is seen again all the time", async () => {
  const { seen } = await slowLine({ stateBytes: 120_000, bytesPerSecond: 40_000, awakeEveryMs: 700, beaconMs: 300 });
  expect(seen).toContain("on one connection");
});
