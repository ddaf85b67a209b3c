/** W3 measures the return of a network that was cut: all clients reconnect at once, and each has missed the same changes. */

import { engineDurable, engineMemory, floorA, floorB } from "../contenders/index.ts";
import type { ContenderEntry } from "../harness/contender.ts";
import { initialRecords } from "../harness/records.ts";
import { joinAll, rejoinAll, verifySession, withBenchSession } from "../harness/session.ts";
import { entrantsOf, type MakeWorkload, type Read, type Sample } from "../harness/workload.ts";

export interface ReconnectSize {
  readonly contender: ContenderEntry;
  readonly clients: number;
  readonly records: number;
  readonly missed: number;
  /** Everyone has seen so many changes before the cut, so that there is a position with which to come back. */
  readonly seen: number;
}

/** After this time every server has seen its sockets close. */
const NOTICED_MS = 300;

export function measureReconnect(size: ReconnectSize): Promise<Sample> {
  return withBenchSession(size, async (session) => {
    const { server, load } = session;
    await joinAll(session);
    await server.call.apply({ count: size.seen });
    await verifySession(session);
    await load.call.cut();
    await new Promise((resolve) => setTimeout(resolve, NOTICED_MS));
    await server.call.apply({ count: size.missed });
    const before = await load.call.counters();
    await server.call.beginCost();
    const tookMs = await rejoinAll(session);
    const cost = await server.call.endCost();
    const after = await load.call.counters();
    await verifySession(session);
    const bytes = (after.receivedBytes - before.receivedBytes) / size.clients;
    return {
      seconds: tookMs / 1e3,
      bytesPerClient: bytes,
      percentOfState: (bytes / fullStateBytes(size.records)) * 100,
      serverCpuSeconds: cost.cpuMs / 1e3,
    };
  });
}

function fullStateBytes(records: number): number {
  return Buffer.byteLength(JSON.stringify(initialRecords(records)));
}

const CASE = "500 clients, 100 changes missed";

export const reconnect: MakeWorkload = ({ quick, peers }) => ({
  id: "W3",
  name: "reconnect",
  title: "Reconnect storm",
  notes: [
    "State: 1,000 records of 400 bytes. 500 clients are cut, 100 changes are made, all come back at once as their library lets them.",
    "Seconds: from the first connection to when the last client is level. Bytes: off the socket, answer to the upgrade included.",
    "Percent of state: of the full state as JSON, uncompressed.",
  ],
  columns: [
    { key: "seconds", label: "seconds", digits: 3, ratio: true },
    { key: "bytesPerClient", label: "bytes a client", digits: 0, ratio: true },
    { key: "percentOfState", label: "% of state", digits: 2 },
    { key: "serverCpuSeconds", label: "server CPU s", digits: 2 },
  ],
  cases: [
    {
      name: CASE,
      reference: "tldraw",
      contenders: entrantsOf([floorA, floorB, ...peers, engineMemory, engineDurable], (contender) =>
        measureReconnect({ contender, clients: quick ? 100 : 500, records: 1_000, missed: 100, seen: 20 }),
      ),
    },
  ],
  targets: [
    {
      text: "durable: % of the full state per client",
      atMost: 0.6,
      value: (read) => read(CASE, "engine-durable", "percentOfState"),
    },
    {
      text: "durable: time / the best peer's (tldraw)",
      atMost: 0.5,
      value: (read) => seconds(read, "engine-durable") / seconds(read, "tldraw"),
    },
  ],
});

function seconds(read: Read, contender: string): number {
  return read(CASE, contender, "seconds");
}
