/** Two workloads of the bench, tiny: what is proven is that it measures and verifies. `npm run proofs` has all of them. */

import { expect, test } from "vitest";
import { engineDurable, floorA } from "../../bench/contenders/index.ts";
import type { ContenderEntry } from "../../bench/harness/contender.ts";
import { measureFanout } from "../../bench/workloads/w1-fanout.ts";
import { measureDurable } from "../../bench/workloads/w6-durable.ts";

const RECORDS = 50;
const SHORT = { warmUpMs: 300, measureMs: 1_000 };

const fanoutOf = (contender: ContenderEntry) =>
  measureFanout({ contender, clients: 5, records: RECORDS, inFlight: 100, perTurn: 8, ...SHORT });

test("W1: every client ends equal to the server", async () => {
  const sample = await fanoutOf(engineDurable);

  expect(sample.changesPerSecond).toBeGreaterThan(0);
  expect(sample.bytesPerChange).toBeGreaterThan(0);
});

test("W6: what was acknowledged is in the store", async () => {
  const sample = await measureDurable({
    contender: engineDurable,
    writers: 4,
    records: RECORDS,
    slowerMs: 0,
    ...SHORT,
  });

  expect(sample.changesPerCommit).toBeGreaterThanOrEqual(1);
});

test("a run in which one client was told something else is void", async () => {
  const liar: ContenderEntry = { ...floorA, name: "liar", server: "../tests/bench/one-liar.ts" };

  await expect(fanoutOf(liar)).rejects.toThrow(/the server's digest is \w+, the clients' are .*4.*1|.*1.*4/);
});
