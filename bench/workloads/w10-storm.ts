/** W10 measures how soon those who are there hear of changes while 2,000 others connect at once. */

import { engineDurable, engineMemory, floorA, floorB } from "../contenders/index.ts";
import type { ContenderEntry } from "../harness/contender.ts";
import { latencyOf } from "../harness/results/percentiles.ts";
import { compared, joinAll, settled, withBenchSession, withNewcomers } from "../harness/session.ts";
import { entrantsOf, type MakeWorkload, type Sample } from "../harness/workload.ts";

export interface StormSize {
  readonly contender: ContenderEntry;
  readonly clients: number;
  readonly newcomers: number;
  readonly records: number;
  readonly perSecond: number;
  readonly warmUpSeconds: number;
  /** The newcomers connect after a quarter of this time. */
  readonly seconds: number;
}

export function measureStorm(size: StormSize): Promise<Sample> {
  return withBenchSession(size, (session) =>
    withNewcomers(size.contender, size.newcomers, async (newcomers) => {
      const { server, load, port } = session;
      const arriving = { ...session, load: newcomers, clients: size.newcomers };
      await joinAll(session);
      await server.call.runAtRate({ perSecond: size.perSecond, seconds: size.warmUpSeconds });
      await load.call.watchArrivals();
      const first = (await server.call.asked()).seq + 1;
      const changing = server.call.runAtRate({ perSecond: size.perSecond, seconds: size.seconds });
      await new Promise((resolve) => setTimeout(resolve, size.seconds * 250));
      await newcomers.call.connect({ port });
      await changing;
      await Promise.all([settled(session), settled(arriving)]);
      const [dueAt, arrivals] = await Promise.all([server.call.dueAt(), load.call.drainArrivals()]);
      await compared(session);
      await compared(arriving);
      return { ...latencyOf(dueAt.slice(-size.perSecond * size.seconds), first, arrivals) };
    }),
  );
}

export const storm: MakeWorkload = ({ quick, peers }) => {
  const length = quick
    ? { newcomers: 200, warmUpSeconds: 1, seconds: 2 }
    : { newcomers: 2_000, warmUpSeconds: 2, seconds: 4 };
  return {
    id: "W10",
    name: "storm",
    title: "Storm of newcomers",
    notes: [
      "State: 100 records of 400 bytes; 200 changes a second to 20 clients. A second into it 2,000 others connect at once.",
      "Latency of the 20 alone, from the moment the change was due: a server that is held up asks itself late. Both loads share one core.",
    ],
    columns: [
      { key: "p50Ms", label: "p50 ms", digits: 1 },
      { key: "p99Ms", label: "p99 ms", digits: 0, ratio: true },
      { key: "maxMs", label: "max ms", digits: 0, ratio: true },
    ],
    cases: [
      {
        name: "2,000 connect while 20 follow",
        reference: floorB.name,
        contenders: entrantsOf([floorA, floorB, ...peers, engineMemory, engineDurable], (contender) =>
          measureStorm({ contender, clients: 20, records: 100, perSecond: 200, ...length }),
        ),
      },
    ],
    targets: [],
  };
};
