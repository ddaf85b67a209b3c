/** W1 measures how many changes a second reach 50, 200 and 1,000 clients, as fast as the server takes them. */

import { engineDurable, engineMemory, floorA, floorB } from "../contenders/index.ts";
import type { ContenderEntry } from "../harness/contender.ts";
import type { RecordShape } from "../harness/records.ts";
import { compared, joinAll, settled, withBenchSession } from "../harness/session.ts";
import {
  type Case,
  type Column,
  entrantsOf,
  type MakeWorkload,
  type Sample,
  type Target,
} from "../harness/workload.ts";

export interface FanoutSize {
  readonly contender: ContenderEntry;
  readonly clients: number;
  readonly records: number;
  readonly shape?: RecordShape;
  readonly pinServer?: boolean;
  /** At most so many changes have been asked for that some client has not taken in. */
  readonly inFlight: number;
  /** So many changes arrive in one turn of the server's event loop. */
  readonly perTurn: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export function measureFanout(size: FanoutSize): Promise<Sample> {
  return withBenchSession(size, async (session) => {
    await joinAll(session);
    const { call } = session.load;
    const [before, first] = await Promise.all([call.counters(), session.server.call.asked()]);
    const run = await session.server.call.runWithin({
      bound: size.inFlight,
      perTurn: size.perTurn,
      warmUpMs: size.warmUpMs,
      measureMs: size.measureMs,
    });
    await settled(session);
    const [after, last] = await Promise.all([call.counters(), session.server.call.asked()]);
    await compared(session);
    const changes = last.seq - first.seq;
    return {
      changesPerSecond: (run.confirmed * 1e3) / run.wallMs,
      bytesPerChange: (after.receivedBytes - before.receivedBytes) / size.clients / changes,
      changesPerFrame: (changes * size.clients) / (after.changeFrames - before.changeFrames),
      serverCpuPercent: (run.cpuMs / run.wallMs) * 100,
      serverMicrosPerChange: (run.cpuMs * 1e3) / run.confirmed,
      loadCpuPercent: ((after.cpuMs - before.cpuMs) / (size.warmUpMs + size.measureMs)) * 100,
      loopDelayP99Ms: run.loopDelayP99Ms,
    };
  });
}

/** So many arrive in one turn when sockets are read. More of them would let floor B put more into its one frame a turn. */
const PER_TURN = 32;
const BURST = "50 clients, at most 2,000 changes in flight, all that the bound allows in one turn";

const nameOf = (clients: number, inFlight: number): string =>
  `${clients.toLocaleString("en-US")} clients, at most ${inFlight.toLocaleString("en-US")} changes in flight`;

export const fanout: MakeWorkload = ({ quick, peers }) => {
  const times = quick ? { warmUpMs: 300, measureMs: 700 } : { warmUpMs: 1_500, measureMs: 4_000 };
  const all = [floorA, floorB, ...peers, engineMemory, engineDurable];
  const fast = [floorB, ...peers.filter((peer) => peer.name === "colyseus"), engineMemory, engineDurable];
  const caseOf = (clients: number, inFlight: number, contenders: readonly ContenderEntry[]): Case =>
    fanoutCase(nameOf(clients, inFlight), contenders, { clients, inFlight, perTurn: PER_TURN, ...times });
  return {
    id: "W1",
    name: "fanout",
    title: "Fan-out: changes as fast as the server takes them",
    notes: NOTES,
    columns: COLUMNS,
    cases: [
      caseOf(50, 2_000, all),
      caseOf(200, 2_000, all),
      caseOf(1_000, 2_000, all),
      caseOf(1_000, 20_000, fast),
      fanoutCase(BURST, fast, { clients: 50, inFlight: 2_000, perTurn: Number.POSITIVE_INFINITY, ...times }),
    ],
    targets: TARGETS,
  };
};

function fanoutCase(
  name: string,
  contenders: readonly ContenderEntry[],
  size: Omit<FanoutSize, "contender" | "records">,
): Case {
  return {
    name,
    reference: floorB.name,
    contenders: entrantsOf(contenders, (contender) => measureFanout({ contender, records: 1_000, ...size })),
  };
}

const NOTES = [
  "State: 1,000 records of 400 bytes. A change sets three fields of one random record: two metrics with one digit after the point, and a rising number.",
  "A change is in flight from the moment the server is asked for it, in its own process, until every client has taken it in.",
  `${PER_TURN} changes arrive in a turn of the server's event loop while the bound allows it; the last case has no such limit.`,
  "Changes/s: what all clients had taken in. Bytes: off each client's socket, frame heads included.",
];

const COLUMNS: readonly Column[] = [
  { key: "changesPerSecond", label: "changes/s", digits: 0, ratio: true },
  { key: "bytesPerChange", label: "bytes a change", digits: 1, ratio: true },
  { key: "changesPerFrame", label: "changes a frame", digits: 1 },
  { key: "serverCpuPercent", label: "server CPU %", digits: 0 },
  { key: "loadCpuPercent", label: "load CPU %", digits: 0 },
  { key: "loopDelayP99Ms", label: "loop delay p99 ms", digits: 1 },
];

/** It divides a contender's value in a case by that of another contender. */
function quotient(caseName: string, column: string, contender: string, by: string): Target["value"] {
  return (read) => read(caseName, contender, column) / read(caseName, by, column);
}

const FEW = nameOf(50, 2_000);
const SOME = nameOf(200, 2_000);
const MANY = nameOf(1_000, 2_000);
const DEEP = nameOf(1_000, 20_000);
const RATE = "changesPerSecond";
const BYTES = "bytesPerChange";

const TARGETS: readonly Target[] = [
  { text: `${FEW}: durable / floor B`, atLeast: 1, value: quotient(FEW, RATE, "engine-durable", "floor-b") },
  { text: `${SOME}: durable / floor B`, atLeast: 3, value: quotient(SOME, RATE, "engine-durable", "floor-b") },
  { text: `${MANY}: durable / Colyseus`, atLeast: 1.5, value: quotient(MANY, RATE, "engine-durable", "colyseus") },
  {
    text: `${MANY}: bytes a change / Colyseus`,
    atMost: 0.5,
    value: quotient(MANY, BYTES, "engine-durable", "colyseus"),
  },
  { text: `${DEEP}: in memory / Colyseus`, atLeast: 1, value: quotient(DEEP, RATE, "engine-memory", "colyseus") },
  { text: `${DEEP}: durable / Colyseus`, atLeast: 0.7, value: quotient(DEEP, RATE, "engine-durable", "colyseus") },
  { text: `${DEEP}: bytes a change / Colyseus`, atMost: 1, value: quotient(DEEP, BYTES, "engine-durable", "colyseus") },
];
