/** In this process one replica takes in deltas as fast as it can, without a network, from frames that were made before. */

import {
  browserEnvironment,
  type ConnectionEvents,
  type Environment,
  ReplicaRecords,
  StateSync,
} from "@neverstale/client";
import {
  type DeltaMessage,
  decodeServerMessage,
  digestOf,
  encodeMessage,
  type FullStateMessage,
  type MutableState,
  type StateRecord,
} from "@neverstale/protocol";
import { digestOfRecords } from "../digest.ts";
import { type BenchRecord, changeSource, initialRecords } from "../records.ts";
import { type Api, serveCalls } from "./rpc.ts";

type Applier = "frames" | "decoded" | "by-hand";

export interface ApplyArgument {
  /**
   * `frames` gives text frames to `StateSync`, which decodes, decides, applies and tells. `decoded` gives messages to its records
   * alone. `by-hand` uses `JSON.parse` and a `Map`, without any check.
   */
  readonly applier: Applier;
  readonly records: number;
  /** Each subscriber watches one record of its own. */
  readonly subscribers: number;
  readonly warmUp: number;
  readonly deltas: number;
}

interface AppliedDeltas {
  readonly tookMs: number;
  readonly calls: number;
  /** Subscribers should have been called so many times, as the changes themselves say. */
  readonly expectedCalls: number;
  readonly digest: string;
  readonly expectedDigest: string;
}

const EPOCH = "bench-epoch";
const SPACE = "bench-space";

interface Target {
  receive(frame: string, at: number): void;
  records(): Iterable<BenchRecord>;
  calls(): number;
}

function apply({ applier, records, subscribers, warmUp, deltas }: ApplyArgument): AppliedDeltas {
  const initial = initialRecords(records);
  const { frames, final, touched } = makeFrames(initial, warmUp + deltas);
  const watched = initial.slice(0, subscribers).map((record) => record.id);
  const target = TARGETS[applier](initial, watched, frames);
  for (let at = 0; at < warmUp; at += 1) target.receive(frames[at] as string, at);
  globalThis.gc?.();
  const from = performance.now();
  for (let at = warmUp; at < frames.length; at += 1) target.receive(frames[at] as string, at);
  const tookMs = performance.now() - from;
  const expectedCalls = watched.reduce((sum, id) => sum + (touched.get(id) ?? 0), 0);
  return {
    tookMs,
    calls: target.calls(),
    expectedCalls,
    digest: digestOfRecords(target.records()),
    expectedDigest: digestOfRecords(final.values()),
  };
}

function makeFrames(initial: readonly BenchRecord[], count: number) {
  const final = new Map(initial.map((record) => [record.id, record]));
  const touched = new Map<string, number>();
  const next = changeSource(initial.length);
  const frames = Array.from({ length: count }, (_, at) => {
    const { id, ...fields } = next();
    final.set(id, { ...(final.get(id) as BenchRecord), ...fields });
    touched.set(id, (touched.get(id) ?? 0) + 1);
    return encodeMessage({ type: "delta", from: at, version: at + 1, payload: { hosts: { set: { [id]: fields } } } });
  });
  return { frames, final, touched };
}

const TARGETS: Record<
  Applier,
  (initial: readonly BenchRecord[], watched: readonly string[], frames: readonly string[]) => Target
> = {
  frames: (initial, watched) => new StateSyncTarget(initial, watched),
  decoded: (initial, _, frames) => new DecodedTarget(initial, frames),
  "by-hand": (initial) => new ByHandTarget(initial),
};

class StateSyncTarget implements Target {
  readonly #sync: StateSync;
  #events: ConnectionEvents | null = null;
  #calls = 0;

  constructor(initial: readonly BenchRecord[], watched: readonly string[]) {
    this.#sync = new StateSync({ url: "ws://bench.test/sync", io: this.#environment() });
    this.#events?.opened();
    this.#events?.received(encodeMessage(fullState(initial)));
    for (const id of watched) this.#sync.subscribeRecord("hosts", id, () => this.#calls++);
  }

  /** It is this machine's environment, except for the socket, whose other end is this object. */
  #environment(): Environment {
    const openSocket: Environment["openSocket"] = (_url, _protocols, events) => {
      this.#events = events;
      return { send: () => undefined, close: () => undefined };
    };
    return { ...browserEnvironment(), openSocket };
  }

  receive(frame: string): void {
    this.#events?.received(frame);
  }

  records(): Iterable<BenchRecord> {
    return recordsOf(this.#sync.state as MutableState);
  }

  calls(): number {
    return this.#calls;
  }
}

class DecodedTarget implements Target {
  readonly #records = new ReplicaRecords();
  readonly #messages: readonly DeltaMessage[];

  constructor(initial: readonly BenchRecord[], frames: readonly string[]) {
    this.#records.replace(fullState(initial));
    this.#messages = frames.map((frame) => decodeServerMessage(frame) as DeltaMessage);
  }

  receive(_frame: string, at: number): void {
    const delta = this.#messages[at] as DeltaMessage;
    if (!this.#records.factsFor(delta, at).fits) throw new Error("a delta that doesn't fit");
    this.#records.apply(delta);
    this.#records.collectMoved();
  }

  records(): Iterable<BenchRecord> {
    return recordsOf(this.#records.state);
  }

  calls(): number {
    return 0;
  }
}

class ByHandTarget implements Target {
  readonly #records: Map<string, BenchRecord>;

  constructor(initial: readonly BenchRecord[]) {
    this.#records = new Map(initial.map((record) => [record.id, record]));
  }

  receive(frame: string): void {
    const { payload } = JSON.parse(frame) as DeltaMessage;
    for (const id in payload.hosts?.set) {
      this.#records.set(id, { ...(this.#records.get(id) as BenchRecord), ...payload.hosts.set[id] });
    }
  }

  records(): Iterable<BenchRecord> {
    return this.#records.values();
  }

  calls(): number {
    return 0;
  }
}

function recordsOf(state: MutableState): Iterable<BenchRecord> {
  return (state.hosts as Map<string, StateRecord & BenchRecord>).values();
}

function fullState(initial: readonly BenchRecord[]): FullStateMessage {
  const records = initial.map((record) => ({ ...record }));
  const digest = digestOf({ hosts: new Map(records.map((record) => [record.id, record])) });
  const facts = { epoch: EPOCH, space: SPACE, model: 1, digest, beaconMs: 30_000, lineage: [[EPOCH, 0]] as const };
  return { type: "init", version: 0, ...facts, payload: { hosts: records } };
}

const api = {
  apply: (argument: ApplyArgument): AppliedDeltas => apply(argument),
} satisfies Api;

export type ClientApi = typeof api;

serveCalls(api);
