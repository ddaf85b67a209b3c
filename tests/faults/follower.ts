/** `node --conditions=source tests/faults/follower.ts URL`: follows, and prints a line whenever its status or epoch changes. */
import { nodeEnvironment, StateSync } from "@neverstale/client";
import { WebSocket } from "ws";

/** A line of its output. */
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
