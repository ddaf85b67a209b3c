/** A bare `Map` is the least that any state in this runtime is. */

import type { ContenderServer, StartServer } from "../harness/contender.ts";
import { type BenchChange, initialRecords } from "../harness/records.ts";

/**
 * Records are replaced and never altered, so that whoever still reads one is not disturbed. Nothing is stored and nobody is told.
 * What a large state costs more here, it costs everyone.
 */
export function startServer(): StartServer {
  return async ({ records }) => {
    const state = new Map(initialRecords(records).map((record) => [record.id, record]));
    let changes = 0;
    return {
      port: 0,
      change: (change: BenchChange) => {
        const before = state.get(change.id);
        if (before === undefined) throw new Error(`no record ${change.id}`);
        state.set(change.id, { ...before, ...change });
        changes += 1;
        return null;
      },
      records: () => state.values(),
      metrics: () => ({ commits: changes }),
      close: async () => undefined,
      stored: async () => state.values(),
    } satisfies ContenderServer;
  };
}
