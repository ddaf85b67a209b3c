/** W2 measures how long a change takes to each of 200 clients, at 200 changes a second. */

import { engineDurable, engineMemory, floorA, floorB } from "../contenders/index.ts";
import type { ContenderEntry } from "../harness/contender.ts";
import type { RecordShape } from "../harness/records.ts";
import { latencyOf } from "../harness/results/percentiles.ts";
import { compared, joinAll, settled, withBenchSession } from "../harness/session.ts";
import { entrantsOf, type MakeWorkload, type Read, type Sample } from "../harness/workload.ts";

export interface LatencySize {
  readonly contender: ContenderEntry;
  readonly clients: number;
  readonly records: number;
  readonly shape?: RecordShape;
  readonly perSecond: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

export function measureLatency(size: LatencySize): Promise<Sample> {
  return withBenchSession({ ...size, pinServer: true }, async (session) => {
    const { server, load } = session;
    await joinAll(session);
    await server.call.runAtRate({ perSecond: size.perSecond, seconds: size.warmUpSeconds });
    await load.call.watchArrivals();
    const first = (await server.call.asked()).seq + 1;
    const before = await load.call.counters();
    const cost = await server.call.runAtRate({ perSecond: size.perSecond, seconds: size.seconds });
    await settled(session);
    const [askedAt, arrivals, after] = await Promise.all([
      server.call.askedAt(),
      load.call.drainArrivals(),
      load.call.counters(),
    ]);
    await compared(session);
    const changes = size.perSecond * size.seconds;
    return {
      ...latencyOf(askedAt.slice(-changes), first, arrivals),
      changesPerFrame: (changes * size.clients) / (after.changeFrames - before.changeFrames),
      serverCpuPercent: (cost.cpuMs / cost.wallMs) * 100,
    };
  });
}

const CASE = "200 changes/s to 200 clients";

export const latency: MakeWorkload = ({ quick, peers }) => ({
  id: "W2",
  name: "latency",
  title: "Latency at a low rate",
  notes: [
    "State: 1,000 records of 400 bytes; 200 changes a second, evenly spaced, to 200 clients.",
    "From the moment the server is asked for the change, in its process, to when a client has taken it in; all clients, all changes.",
    "Changes a frame says whether anything was merged: 1.0 when nothing was.",
  ],
  columns: [
    { key: "p50Ms", label: "p50 ms", digits: 2, ratio: true },
    { key: "p99Ms", label: "p99 ms", digits: 2, ratio: true },
    { key: "maxMs", label: "max ms", digits: 1 },
    { key: "changesPerFrame", label: "changes a frame", digits: 2 },
    { key: "serverCpuPercent", label: "server CPU %", digits: 0 },
  ],
  cases: [
    {
      name: CASE,
      reference: floorA.name,
      contenders: entrantsOf([floorA, floorB, ...peers, engineMemory, engineDurable], (contender) => {
        const length = quick ? { warmUpSeconds: 1, seconds: 2 } : { warmUpSeconds: 3, seconds: 10 };
        return measureLatency({ contender, clients: 200, records: 1_000, perSecond: 200, ...length });
      }),
    },
  ],
  targets: [
    {
      text: "in memory: p99 / floor A's",
      atMost: 1.5,
      value: (read) => of(read, "engine-memory", "p99Ms") / of(read, "floor-a", "p99Ms"),
    },
    {
      text: "durable: p50 over floor A's, ms",
      atMost: 1,
      value: (read) => of(read, "engine-durable", "p50Ms") - of(read, "floor-a", "p50Ms"),
    },
    {
      text: "durable: p99 / floor A's",
      atMost: 2.2,
      value: (read) => of(read, "engine-durable", "p99Ms") / of(read, "floor-a", "p99Ms"),
    },
    { text: "durable: changes a frame", atMost: 1.005, value: (read) => of(read, "engine-durable", "changesPerFrame") },
  ],
});

function of(read: Read, contender: string, column: string): number {
  return read(CASE, contender, column);
}
