/** W14 measures data as users have it: each change alters an object within a record, and the server has one core. */

import { engineDurable, engineMemory, floorA, floorB } from "../contenders/index.ts";
import type { ContenderEntry } from "../harness/contender.ts";
import type { RecordShape } from "../harness/records.ts";
import { verifyStored, withServer } from "../harness/session.ts";
import { type Case, entrantsOf, type MakeWorkload, type Read, type Sample, type Target } from "../harness/workload.ts";
import { measureFanout } from "./w1-fanout.ts";
import { measureLatency } from "./w2-latency.ts";

const RECORDS = 1_000;
const PER_TURN = 32;
/** So many writers wait for the commit of their last change, so that every store puts as many into a commit. */
const WRITERS = 64;

const nameOf = (clients: number, inFlight: number): string =>
  `${clients.toLocaleString("en-US")} clients, at most ${inFlight.toLocaleString("en-US")} changes in flight`;

const FEW = nameOf(50, 2_000);
const MANY = nameOf(1_000, 2_000);
const DEEP = nameOf(1_000, 20_000);
const RATED = "200 changes/s to 200 clients";
const ALONE = "decided and stored, nobody follows";

export const nested: MakeWorkload = ({ quick, peers, senders }) => {
  // V8 compiles what a server does ever again within seconds, and all have the same time for it.
  const times = quick ? { warmUpMs: 300, measureMs: 700 } : { warmUpMs: 4_000, measureMs: 5_000 };
  const colyseus = peers.filter(({ name }) => name === "colyseus");
  const all = [floorB, ...senders, ...colyseus, engineMemory, engineDurable];
  const fanoutCase = (name: string, clients: number, inFlight: number): Case => ({
    name,
    reference: engineMemory.name,
    contenders: entrantsOf(all, (contender) =>
      measureFanout({
        contender,
        clients,
        inFlight,
        records: RECORDS,
        shape: "nested",
        pinServer: true,
        perTurn: PER_TURN,
        ...times,
      }),
    ),
  });
  const rated = quick ? { warmUpSeconds: 1, seconds: 2 } : { warmUpSeconds: 5, seconds: 10 };
  return {
    id: "W14",
    name: "nested",
    title: "Nested fields, server on one core",
    notes: NOTES,
    columns: COLUMNS,
    cases: [
      fanoutCase(FEW, 50, 2_000),
      fanoutCase(MANY, 1_000, 2_000),
      fanoutCase(DEEP, 1_000, 20_000),
      {
        name: RATED,
        reference: floorA.name,
        contenders: entrantsOf([floorA, ...all], (contender) =>
          measureLatency({ contender, clients: 200, records: RECORDS, shape: "nested", perSecond: 200, ...rated }),
        ),
      },
      aloneCase(times),
    ],
    targets: TARGETS,
  };
};

/** Here a contender is the engine with one shape of records on one store. */
function aloneCase(times: { readonly warmUpMs: number; readonly measureMs: number }): Case {
  const entrant = (contender: ContenderEntry, shape: RecordShape) => ({
    name: `${contender.name}-${shape}`,
    label: `${contender.label}, ${shape}`,
    measure: () => measureAlone(contender, shape, times),
  });
  return {
    name: ALONE,
    reference: `${engineMemory.name}-flat`,
    contenders: [engineMemory, engineDurable].flatMap((contender) => [
      entrant(contender, "flat"),
      entrant(contender, "nested"),
    ]),
  };
}

function measureAlone(
  contender: ContenderEntry,
  shape: RecordShape,
  times: { readonly warmUpMs: number; readonly measureMs: number },
): Promise<Sample> {
  return withServer({ contender, records: RECORDS, shape }, async (server) => {
    const run = await server.call.runWriters({ writers: WRITERS, ...times });
    if (contender.name === engineDurable.name) await verifyStored(server);
    return {
      changesPerSecond: (run.changes * 1e3) / run.wallMs,
      serverMicrosPerChange: (run.cpuMs * 1e3) / run.changes,
    };
  });
}

const NOTES = [
  "State: 1,000 records of 400 bytes. A change alters an object of four numbers within one random record.",
  `The server's process has one core, and the load the other. ${PER_TURN} changes arrive in a turn of the event loop while the bound allows it.`,
  "All warm up for the same time, which is long enough for V8. Every client's final state is compared with the server's.",
  "Bun and nats-server send frames and keep nothing: no versions, no diffs, no store. The CPU of nats-server's own process is not counted.",
  `The last case: ${WRITERS} writers wait for their commits, with the numbers within an object and beside the texts, on all cores.`,
];

const COLUMNS = [
  { key: "changesPerSecond", label: "changes/s", digits: 0, ratio: true },
  { key: "serverMicrosPerChange", label: "server CPU µs a change", digits: 1, ratio: true },
  { key: "bytesPerChange", label: "bytes a change", digits: 1, ratio: true },
  { key: "changesPerFrame", label: "changes a frame", digits: 1 },
  { key: "p50Ms", label: "p50 ms", digits: 2, ratio: true },
  { key: "p99Ms", label: "p99 ms", digits: 2, ratio: true },
  { key: "serverCpuPercent", label: "server CPU %", digits: 0 },
  { key: "loopDelayP99Ms", label: "loop delay p99 ms", digits: 1 },
] as const;

const RATE = "changesPerSecond";
const BYTES = "bytesPerChange";
const MICROS = "serverMicrosPerChange";

function quotient(caseName: string, column: string, contender: string, by: string): Target["value"] {
  return (read) => read(caseName, contender, column) / read(caseName, by, column);
}

/** The best of the senders counts. */
function overBestSender(contender: string): Target["value"] {
  return (read: Read) => {
    const rates = ["bun", "nats"].map((name) => read(FEW, name, RATE)).filter((rate) => !Number.isNaN(rate));
    return read(FEW, contender, RATE) / Math.max(...rates);
  };
}

const TARGETS: readonly Target[] = [
  { text: `${MANY}: in memory / Colyseus`, atLeast: 1.05, value: quotient(MANY, RATE, "engine-memory", "colyseus") },
  { text: `${MANY}: durable / Colyseus`, atLeast: 0.85, value: quotient(MANY, RATE, "engine-durable", "colyseus") },
  {
    text: `${MANY}: durable, server CPU a change / Colyseus`,
    atMost: 0.9,
    value: quotient(MANY, MICROS, "engine-durable", "colyseus"),
  },
  {
    text: `${MANY}: durable, bytes a change / Colyseus`,
    atMost: 0.6,
    value: quotient(MANY, BYTES, "engine-durable", "colyseus"),
  },
  { text: `${DEEP}: in memory / Colyseus`, atLeast: 1, value: quotient(DEEP, RATE, "engine-memory", "colyseus") },
  { text: `${DEEP}: durable / Colyseus`, atLeast: 0.75, value: quotient(DEEP, RATE, "engine-durable", "colyseus") },
  { text: `${FEW}: in memory / the best sender`, atLeast: 1.5, value: overBestSender("engine-memory") },
  { text: `${FEW}: durable / the best sender`, atLeast: 1.1, value: overBestSender("engine-durable") },
  {
    text: `${RATED}: in memory, p99 / floor A`,
    atMost: 1.3,
    value: quotient(RATED, "p99Ms", "engine-memory", "floor-a"),
  },
  {
    text: `${RATED}: durable, p99 / floor A`,
    atMost: 1.6,
    value: quotient(RATED, "p99Ms", "engine-durable", "floor-a"),
  },
  {
    text: `${RATED}: durable over in memory, p50, ms`,
    atMost: 1,
    value: (read) => read(RATED, "engine-durable", "p50Ms") - read(RATED, "engine-memory", "p50Ms"),
  },
  ...["memory", "durable"].map((store) => ({
    text: `nested / flat, CPU a change, ${store}`,
    atMost: 1.3,
    value: quotient(ALONE, MICROS, `engine-${store}-nested`, `engine-${store}-flat`),
  })),
];
