/** The load speaks the protocol `neverstale.v1`, and reads frames with the engine's own decoder. */

import { gunzipSync } from "node:zlib";
import {
  applyDiff,
  type DeltaMessage,
  type Diff,
  decodeServerMessage,
  digestOf,
  type FullStateMessage,
  isJsonObject,
  type JsonObject,
  type MutableState,
  type ServerMessage,
  type StateRecord,
  SUBPROTOCOL,
  type SyncMessage,
} from "@neverstale/protocol";
import type { Dialect, FrameReading, FrameReplay, LoadConnection } from "../harness/contender.ts";
import type { AnyRecord } from "../harness/records.ts";

const COLLECTION = "hosts";

export function makeDialect(): Dialect {
  return new EngineDialect();
}

class EngineDialect implements Dialect {
  /** The last full state or resumption said this: it is the part of a position that all clients share. */
  #run: { readonly epoch: string; readonly space: string } | null = null;

  upgrade(_port: number, { position }: LoadConnection) {
    if (position === null || this.#run === null) return { path: "/sync", subprotocol: SUBPROTOCOL };
    const query = new URLSearchParams({ ...this.#run, version: String(position) });
    return { path: `/sync?${query}`, subprotocol: SUBPROTOCOL };
  }

  opened(): void {}

  isOwn(): boolean {
    return false;
  }

  own(): void {}

  read(payload: Buffer, binary: boolean): FrameReading {
    const message = decode(payload, binary);
    switch (message.type) {
      case "delta":
        return {
          seq: highestInDiff(message.payload),
          changes: message.version - message.from,
          restarts: false,
          position: message.version,
        };
      case "sync":
        this.#run = message.resumed ?? this.#run;
        return { seq: 0, changes: 0, restarts: false, position: message.version };
      case "mutated":
        return { seq: 0, changes: 0, restarts: false, position: message.version };
      case "error":
        throw new Error(`${message.code}: ${message.message}`);
      default:
        this.#run = { epoch: message.epoch, space: message.space };
        return { seq: highest(message.payload[COLLECTION]), changes: 0, restarts: true, position: message.version };
    }
  }

  replay(): FrameReplay {
    return new EngineReplay();
  }

  ack(frames: number): string {
    return `{"type":"ack","n":${frames}}`;
  }
}

function decode(payload: Buffer, binary: boolean): ServerMessage {
  const message = decodeServerMessage((binary ? gunzipSync(payload) : payload).toString());
  if (message === null) throw new Error("a message that this build doesn't know");
  return message;
}

function highestInDiff(diff: Diff): number {
  const moved = diff[COLLECTION];
  let seq = highest(moved?.put);
  for (const id in moved?.set) seq = Math.max(seq, seqIn(moved.set[id]));
  return seq;
}

function highest(records: readonly StateRecord[] = []): number {
  return records.reduce((seq, record) => Math.max(seq, seqIn(record)), 0);
}

/** A patch that does not touch the number has none. */
function seqIn(fields: JsonObject | undefined): number {
  const within = fields?.metrics;
  return Number((isJsonObject(within) ? within.seq : fields?.seq) ?? 0);
}

/** It keeps the replica's rules: R1 for each delta, and R4 for each sync. */
class EngineReplay implements FrameReplay {
  #state: MutableState = {};
  #version = 0;

  apply(payload: Buffer, binary: boolean): void {
    const message = decode(payload, binary);
    if (message.type === "delta") this.#delta(message);
    else if (message.type === "sync") this.#sync(message);
    else if (message.type === "init" || message.type === "full_state") this.#replace(message);
  }

  #delta(delta: DeltaMessage): void {
    if (delta.version <= this.#version) return;
    if (delta.from !== this.#version) throw new Error(`a gap: at ${this.#version}, got a delta from ${delta.from}`);
    if (!applyDiff(this.#state, delta.payload))
      throw new Error(`the delta from ${delta.from} alters a record that isn't there`);
    this.#version = delta.version;
  }

  #sync(sync: SyncMessage): void {
    if (sync.version !== this.#version) throw new Error(`drift: at ${this.#version}, told to be at ${sync.version}`);
    if (sync.digest !== undefined && sync.digest !== digestOf(this.#state))
      throw new Error(`another digest at ${sync.version}`);
  }

  #replace(full: FullStateMessage): void {
    this.#state = {};
    for (const [name, records] of Object.entries(full.payload)) {
      this.#state[name] = new Map(records.map((record) => [record.id, record]));
    }
    this.#version = full.version;
    if (digestOf(this.#state) !== full.digest) throw new Error(`the full state at ${full.version} has another digest`);
  }

  records(): Iterable<AnyRecord> {
    return (this.#state[COLLECTION] ?? new Map()).values() as Iterable<StateRecord & AnyRecord>;
  }
}
