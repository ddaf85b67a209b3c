/** W4 measures 500 clients that have nothing and join a state of 10,000 records at once. */

import { engineDurable, engineMemory, floorA, floorB, floorGzipped } from "../contenders/index.ts";
import type { ContenderEntry } from "../harness/contender.ts";
import { joinAll, verifySession, visit, withBenchSession } from "../harness/session.ts";
import type { Entrant, MakeWorkload, Read, Sample } from "../harness/workload.ts";

export interface JoinSize {
  readonly contender: ContenderEntry;
  readonly clients: number;
  readonly records: number;
  /**
   * Others joined so long ago and went again. A moment ago means that what is kept for the next one is there. Long ago means that
   * nothing of it is there, and that the processes have done all of it before, as those of a service have.
   */
  readonly visitorsAgoMs: number;
}

/** After this time nothing is kept any more for the next one to join. */
const LONG_AGO_MS = 12_000;
const A_MOMENT_AGO_MS = 0;

export function measureJoin(size: JoinSize): Promise<Sample> {
  return withBenchSession(size, async (session) => {
    const { server, load } = session;
    await visit(session, size.clients);
    await new Promise((resolve) => setTimeout(resolve, size.visitorsAgoMs));
    const before = await load.call.counters();
    await server.call.beginCost();
    const tookMs = await joinAll(session);
    const cost = await server.call.endCost();
    const after = await load.call.counters();
    await verifySession(session);
    return {
      seconds: tookMs / 1e3,
      bytesPerClient: (after.receivedBytes - before.receivedBytes) / size.clients,
      serverCpuSeconds: cost.cpuMs / 1e3,
      loopDelayP99Ms: cost.loopDelayP99Ms,
    };
  });
}

const CASE = "500 clients join 10,000 records";

export const join: MakeWorkload = ({ quick, peers }) => {
  const size = quick ? { clients: 50, records: 1_000 } : { clients: 500, records: 10_000 };
  const entrant = (contender: ContenderEntry, warm: boolean): Entrant => ({
    name: warm ? `${contender.name}-warm` : contender.name,
    label: warm ? `${contender.label}, warm` : contender.label,
    measure: () => measureJoin({ contender, visitorsAgoMs: warm ? A_MOMENT_AGO_MS : LONG_AGO_MS, ...size }),
  });
  const cold = [floorA, floorB, floorGzipped, ...peers, engineMemory, engineDurable].map((contender) =>
    entrant(contender, false),
  );
  return {
    id: "W4",
    name: "join",
    title: "Cold join",
    notes: [
      "State: 10,000 records of 400 bytes. All 500 clients open their connections at once and have nothing yet.",
      "Before, as many others joined and went: 12 s ago, so that nothing is kept for the next one, or, warm, a moment ago.",
      "Seconds: to when the last one has the full state. Server CPU: all threads.",
      "The pre-gzipped floor made its gzip before the measurement.",
    ],
    columns: [
      { key: "seconds", label: "seconds", digits: 2, ratio: true },
      { key: "bytesPerClient", label: "bytes a client", digits: 0, ratio: true },
      { key: "serverCpuSeconds", label: "server CPU s", digits: 2, ratio: true },
      { key: "loopDelayP99Ms", label: "loop delay p99 ms", digits: 1 },
    ],
    cases: [
      {
        name: CASE,
        reference: floorGzipped.name,
        contenders: [...cold, entrant(engineMemory, true), entrant(engineDurable, true)],
      },
    ],
    targets: [
      {
        text: "durable, cold: time / the best peer's (Colyseus)",
        atMost: 0.16,
        value: quotient("seconds", "engine-durable", "colyseus"),
      },
      {
        text: "durable, cold: bytes / Colyseus's",
        atMost: 0.16,
        value: quotient("bytesPerClient", "engine-durable", "colyseus"),
      },
      {
        text: "durable, warm: server CPU / pre-gzipped floor",
        atMost: 1.3,
        value: quotient("serverCpuSeconds", "engine-durable-warm", "floor-gzipped"),
      },
      {
        text: "durable, cold: server CPU / pre-gzipped floor",
        atMost: 1.7,
        value: quotient("serverCpuSeconds", "engine-durable", "floor-gzipped"),
      },
    ],
  };
};

function quotient(column: string, contender: string, by: string): (read: Read) => number {
  return (read) => read(CASE, contender, column) / read(CASE, by, column);
}
