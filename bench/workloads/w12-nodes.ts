/** W12 measures three nodes on one PostgreSQL against one node: changes that are forwarded, and the way of a change to clients. */

import { nodesFollowing, nodesForwarding, oneNode } from "../contenders/index.ts";
import type { ContenderEntry } from "../harness/contender.ts";
import { latencyOf } from "../harness/results/percentiles.ts";
import { compared, joinAll, settled, withBenchSession } from "../harness/session.ts";
import type { BenchPlan, Case, MakeWorkload, Sample, Target } from "../harness/workload.ts";
import type { LatencySize } from "./w2-latency.ts";
import { measureDurable } from "./w6-durable.ts";

const SLOWER_MS = 2;
const WRITERS: readonly number[] = [64, 1_000];
const LEAST = 0.6;
const MOST = 3;

/** It is the time from when the store has told the node that decides of a commit, to when a client has taken the change in. */
export function measureWay(size: LatencySize): Promise<Sample> {
  return withBenchSession(size, async (session) => {
    const { server, load } = session;
    await joinAll(session);
    await server.call.runAtRate({ perSecond: size.perSecond, seconds: size.warmUpSeconds });
    await load.call.watchArrivals();
    const firstSeq = (await server.call.asked()).seq + 1;
    const cost = await server.call.runAtRate({ perSecond: size.perSecond, seconds: size.seconds });
    await settled(session);
    const [storedAt, arrivals] = await Promise.all([server.call.storedAt({ firstSeq }), load.call.drainArrivals()]);
    await compared(session);
    return { ...latencyOf(storedAt, firstSeq, arrivals), serverCpuPercent: (cost.cpuMs / cost.wallMs) * 100 };
  });
}

const WAY = "200 changes/s to 200 clients";
const RATE = "changesPerSecond";

export const nodes: MakeWorkload = (plan) => ({
  id: "W12",
  name: "nodes",
  title: "Three nodes on one PostgreSQL, and one",
  notes: [
    "State: 1,000 records of 400 bytes. All nodes, the database and the load share the machine.",
    `Forwarding, as in W11: every change is asked for at a node that does not decide, and every fsync takes ${SLOWER_MS} ms longer for the database. CPU is that of the node that is asked.`,
    "The way to clients: from when the store has told the node that decides of a commit, to when a client of another node has taken the change in; all clients, all changes. With one node it is the same node.",
  ],
  columns: [
    { key: RATE, label: "changes/s", digits: 0, ratio: true },
    { key: "changesPerCommit", label: "changes a commit", digits: 1 },
    { key: "cpuMicrosPerChange", label: "CPU µs a change", digits: 1 },
    { key: "p50Ms", label: "p50 ms", digits: 2, ratio: true },
    { key: "p99Ms", label: "p99 ms", digits: 2, ratio: true },
    { key: "maxMs", label: "max ms", digits: 1 },
  ],
  cases: [...WRITERS.map((writers) => forwardingCase(plan, writers)), wayCase(plan)],
  targets: [...WRITERS.map(forwardingTarget), wayTarget],
});

function forwardingName(writers: number): string {
  return `${writers.toLocaleString("en")} writers, every fsync ${SLOWER_MS} ms longer`;
}

function forwardingCase({ quick }: BenchPlan, writers: number): Case {
  const times = quick ? { warmUpMs: 300, measureMs: 700 } : { warmUpMs: 2_000, measureMs: 5_000 };
  return caseOf(forwardingName(writers), [oneNode, nodesForwarding], (contender) =>
    measureDurable({ contender, writers, slowerMs: SLOWER_MS, records: 1_000, ...times }),
  );
}

function wayCase({ quick }: BenchPlan): Case {
  const length = quick ? { warmUpSeconds: 1, seconds: 2 } : { warmUpSeconds: 3, seconds: 10 };
  return caseOf(WAY, [oneNode, nodesFollowing], (contender) =>
    measureWay({ contender, clients: 200, records: 1_000, perSecond: 200, ...length }),
  );
}

function caseOf(
  name: string,
  contenders: readonly ContenderEntry[],
  measure: (contender: ContenderEntry) => Promise<Sample>,
): Case {
  const entrants = contenders.map((contender) => {
    const { name: its, label } = contender;
    return { name: its, label, measure: () => measure(contender) };
  });
  return { name, reference: oneNode.name, contenders: entrants };
}

function forwardingTarget(writers: number): Target {
  const name = forwardingName(writers);
  return {
    text: `${name}: three nodes forwarding / one`,
    atLeast: LEAST,
    value: (read) => read(name, nodesForwarding.name, RATE) / read(name, oneNode.name, RATE),
  };
}

const wayTarget: Target = {
  text: `${WAY}: p99 at another node's clients / at those of one node`,
  atMost: MOST,
  value: (read) => read(WAY, nodesFollowing.name, "p99Ms") / read(WAY, oneNode.name, "p99Ms"),
};
