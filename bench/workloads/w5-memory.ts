/** W5 measures what a connection that is level and idle costs the server in memory. */

import { bareWs, engineDurable, engineMemory, floorB } from "../contenders/index.ts";
import type { ContenderEntry } from "../harness/contender.ts";
import { joinAll, verifySession, visit, withBenchSession } from "../harness/session.ts";
import { type Case, entrantsOf, type MakeWorkload, type Sample } from "../harness/workload.ts";

export interface MemorySize {
  readonly contender: ContenderEntry;
  readonly clients: number;
  readonly records: number;
  /** After this time all acks are over, and so is whatever is kept for a while for the next one who joins. */
  readonly settleMs: number;
}

const SETTLE_MS = 3_000;

export function measureMemory(size: MemorySize): Promise<Sample> {
  return withBenchSession(size, async (session) => {
    const { server, load } = session;
    await visit(session, 1);
    await new Promise((resolve) => setTimeout(resolve, size.settleMs));
    const before = await server.call.memory();
    await joinAll(session);
    await verifySession(session);
    await new Promise((resolve) => setTimeout(resolve, size.settleMs));
    const after = await server.call.memory();
    const connected = await load.call.connected();
    if (connected !== size.clients) throw new Error(`${connected} of ${size.clients} clients are connected`);
    return {
      heapPerConnection: (after.heapBytes - before.heapBytes) / size.clients,
      rssPerConnection: (after.rssBytes - before.rssBytes) / size.clients,
      externalPerConnection: (after.externalBytes - before.externalBytes) / size.clients,
    };
  });
}

const nameOf = (clients: number): string => `${clients.toLocaleString("en-US")} idle connections`;
const SIZES = [1_000, 10_000];

export const memory: MakeWorkload = ({ quick, peers }) => {
  const caseOf = (clients: number): Case => ({
    name: nameOf(clients),
    reference: bareWs.name,
    contenders: entrantsOf([bareWs, floorB, ...peers, engineMemory, engineDurable], (contender) =>
      measureMemory({ contender, clients: quick ? clients / 10 : clients, records: 100, settleMs: SETTLE_MS }),
    ),
  });
  return {
    id: "W5",
    name: "memory",
    title: "Memory of an idle connection",
    notes: [
      "State: 100 records of 400 bytes. All clients are level, nothing changes; three seconds later, after several full collections.",
      "One client has joined and gone before the first reading. Bare `ws`: a server that does nothing but send the state.",
    ],
    columns: [
      { key: "heapPerConnection", label: "heap bytes each", digits: 0 },
      { key: "externalPerConnection", label: "external bytes each", digits: 0 },
      { key: "rssPerConnection", label: "RSS bytes each", digits: 0 },
    ],
    cases: SIZES.map(caseOf),
    targets: SIZES.map((clients) => ({
      text: `durable: heap over bare \`ws\`, bytes, ${nameOf(clients)}`,
      atMost: 1_000,
      value: (read) =>
        read(nameOf(clients), "engine-durable", "heapPerConnection") -
        read(nameOf(clients), bareWs.name, "heapPerConnection"),
    })),
  };
};
