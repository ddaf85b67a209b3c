/** Every workload of the bench, tiny: what is proven is that it measures and verifies, not how fast anything is. */

import { describe, expect, test } from "vitest";
import {
  bareSqlite,
  bareWs,
  engineDurable,
  engineMemory,
  enginePostgres,
  floorA,
  floorB,
  floorGzipped,
  nodesFollowing,
  nodesForwarding,
} from "../../bench/contenders/index.ts";
import type { ContenderEntry } from "../../bench/harness/contender.ts";
import { measureFanout } from "../../bench/workloads/w1-fanout.ts";
import { measureLatency } from "../../bench/workloads/w2-latency.ts";
import { measureReconnect } from "../../bench/workloads/w3-reconnect.ts";
import { measureJoin } from "../../bench/workloads/w4-join.ts";
import { measureMemory } from "../../bench/workloads/w5-memory.ts";
import { measureDurable } from "../../bench/workloads/w6-durable.ts";
import { measureReplica } from "../../bench/workloads/w7-client.ts";
import { measureStart } from "../../bench/workloads/w8-start.ts";
import { measureGrowth } from "../../bench/workloads/w9-growth.ts";
import { measureStorm } from "../../bench/workloads/w10-storm.ts";
import { measureWay } from "../../bench/workloads/w12-nodes.ts";

const RECORDS = 50;
const CLIENTS = 5;
const SHORT = { warmUpMs: 300, measureMs: 1_000 };
const networked = [floorA, floorB, engineMemory, engineDurable];

const fanoutOf = (contender: ContenderEntry) =>
  measureFanout({ contender, clients: CLIENTS, records: RECORDS, inFlight: 100, perTurn: 8, ...SHORT });

describe("the bench measures, and every client ends equal to the server", () => {
  test.each(networked)("W1 $name", async (contender) => {
    const sample = await fanoutOf(contender);
    expect(sample.changesPerSecond).toBeGreaterThan(0);
    expect(sample.bytesPerChange).toBeGreaterThan(0);
  });

  test("W2: a latency for each change and client", async () => {
    const size = { clients: CLIENTS, records: RECORDS, perSecond: 100, warmUpSeconds: 0.1, seconds: 0.3 };
    const sample = await measureLatency({ contender: engineDurable, ...size });
    expect(sample.p50Ms).toBeGreaterThan(0);
    expect(sample.p99Ms).toBeLessThanOrEqual(sample.maxMs as number);
  });

  test("W3: who comes back to the engine gets less than the state, who comes back to a floor gets all of it", async () => {
    const size = { clients: CLIENTS, records: RECORDS, missed: 3, seen: 3 };
    const engine = await measureReconnect({ contender: engineDurable, ...size });
    const floor = await measureReconnect({ contender: floorA, ...size });
    expect(engine.percentOfState).toBeLessThan(20);
    expect(floor.percentOfState).toBeGreaterThan(90);
  });

  test.each([floorGzipped, engineMemory])("W4 $name", async (contender) => {
    const sample = await measureJoin({ contender, clients: CLIENTS, records: RECORDS, visitorsAgoMs: 0 });
    expect(sample.bytesPerClient).toBeGreaterThan(1_000);
  });

  test("W5", async () => {
    const sample = await measureMemory({ contender: bareWs, clients: CLIENTS, records: RECORDS, settleMs: 10 });
    expect(sample.rssPerConnection).toBeTypeOf("number");
  });

  test.each([engineDurable, enginePostgres, { ...bareSqlite, variant: "4" }])(
    "W6 $name: what was acknowledged is in the store",
    async (contender) => {
      const sample = await measureDurable({ contender, writers: 4, records: RECORDS, slowerMs: 0, ...SHORT });
      expect(sample.changesPerCommit).toBeGreaterThanOrEqual(1);
    },
  );

  test("W7: each subscriber is called as often as its record changed", async () => {
    const sample = await measureReplica({
      applier: "frames",
      records: RECORDS,
      subscribers: 10,
      warmUp: 10,
      deltas: 200,
    });
    expect(sample.deltasPerSecond).toBeGreaterThan(0);
  });

  test("W8: what was acknowledged before a kill is there after the start", async () => {
    const sample = await measureStart({ records: RECORDS, changes: 500, end: "killed" });
    expect(sample.openMs).toBeGreaterThan(0);
  });

  test("W9", async () => {
    const size = { records: RECORDS, perSecond: 500, warmUpSeconds: 0.1, seconds: 0.3 };
    const sample = await measureGrowth({ contender: engineDurable, ...size });
    expect(sample.mainThreadMicros).toBeGreaterThan(0);
  });

  test("W10: those who came in the storm end equal to the server too", async () => {
    const size = {
      clients: CLIENTS,
      newcomers: 30,
      records: RECORDS,
      perSecond: 100,
      warmUpSeconds: 0.1,
      seconds: 0.4,
    };
    const sample = await measureStorm({ contender: engineDurable, ...size });
    expect(sample.maxMs).toBeGreaterThanOrEqual(sample.p50Ms as number);
  });

  test("W12: what was asked for at a node that does not decide is in the store", async () => {
    const sample = await measureDurable({
      contender: nodesForwarding,
      writers: 4,
      records: RECORDS,
      slowerMs: 0,
      ...SHORT,
    });
    expect(sample.changesPerSecond).toBeGreaterThan(0);
  });

  test("W12: the clients of another node end equal to the one that decides", async () => {
    const size = { clients: CLIENTS, records: RECORDS, perSecond: 100, warmUpSeconds: 0.1, seconds: 0.3 };
    const sample = await measureWay({ contender: nodesFollowing, ...size });
    expect(sample.p99Ms).toBeLessThanOrEqual(sample.maxMs as number);
  });
});
