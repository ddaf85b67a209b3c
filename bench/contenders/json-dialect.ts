/** The load speaks to the floors in plain JSON. */

import { gunzipSync } from "node:zlib";
import type { Dialect, FrameReading, FrameReplay } from "../harness/contender.ts";
import { type AnyChange, type AnyRecord, seqOf } from "../harness/records.ts";

const GZIP_MAGIC = 0x1f;

/** Both floors send the full state to those who join, and then changes, one or many in a frame. */
type FloorMessage =
  | { readonly type: "init"; readonly records: readonly AnyRecord[] }
  | { readonly type: "changes"; readonly changes: readonly AnyChange[] };

export function makeDialect(): Dialect {
  return {
    upgrade: () => ({ path: "/" }),
    opened: () => undefined,
    isOwn: () => false,
    own: () => undefined,
    read: (payload) => reading(parse(payload)),
    replay: () => new FloorReplay(),
  };
}

function parse(payload: Buffer): FloorMessage {
  const text = payload[0] === GZIP_MAGIC ? gunzipSync(payload) : payload;
  return JSON.parse(text.toString()) as FloorMessage;
}

function reading(message: FloorMessage): FrameReading {
  if (message.type === "init") return { seq: highest(message.records), changes: 0, restarts: true };
  return { seq: highest(message.changes), changes: message.changes.length, restarts: false };
}

function highest(list: readonly (AnyRecord | AnyChange)[]): number {
  return list.reduce((seq, item) => Math.max(seq, seqOf(item)), 0);
}

class FloorReplay implements FrameReplay {
  readonly #records = new Map<string, AnyRecord>();

  apply(payload: Buffer): void {
    const message = parse(payload);
    if (message.type === "init") {
      this.#records.clear();
      for (const record of message.records) this.#records.set(record.id, record);
      return;
    }
    for (const change of message.changes) {
      const before = this.#records.get(change.id);
      if (before === undefined) throw new Error(`no record ${change.id}`);
      this.#records.set(change.id, { ...before, ...change });
    }
  }

  records(): Iterable<AnyRecord> {
    return this.#records.values();
  }
}
