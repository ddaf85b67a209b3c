/**
 * The follower is a client as a process of its own, which prints a line whenever its status or epoch changes:
 * `node --conditions=source tests/faults/stage/follower.ts URL`.
 */

import { nodeEnvironment, StateSync } from "@neverstale/client";
import { WebSocket } from "ws";

/** Each line of its output is one of these, as JSON. */
export interface Followed {
  readonly status: string;
  readonly epoch: string | null;
  readonly version: number;
  readonly digest: string;
  readonly reconnects: number;
}

if (import.meta.main) follow(process.argv[2] ?? "");

function follow(url: string): void {
  const sync = new StateSync({ url, io: nodeEnvironment({ WebSocket }) });
  let last = "";
  sync.subscribe(() => {
    const { version, epoch } = sync;
    const { reconnects } = sync.counters;
    const line = JSON.stringify({ status: sync.status.type, epoch, version, digest: sync.digest(), reconnects });
    if (line !== last) console.log(line);
    last = line;
  });
}
