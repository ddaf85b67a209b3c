import {
  addHash,
  applyDiff,
  type DeltaMessage,
  type FullStateMessage,
  formatDigest,
  freezeJson,
  type MutableState,
  type OnMoved,
  type RecordHash,
  recordHash,
  type ServerMessage,
  type StateRecord,
  sameJson,
  subtractHash,
  type WireState,
  ZERO_HASH,
} from "@neverstale/protocol";
import type { ReplicaFacts } from "../machine/receive.ts";
import { guardedMap } from "./guarded-map.ts";

/** Ids by collection; one that moved twice may be named twice. */
export type MovedRecords = ReadonlyMap<string, readonly string[]>;

export interface RecordKey {
  readonly collection: string;
  readonly id: string;
}

/** At most so many records are named when a divergence is reported. */
const DIFFERENCES_NAMED = 100;

export interface Differences {
  readonly count: number;
  /** The first `DIFFERENCES_NAMED` of them. */
  readonly records: readonly RecordKey[];
}

/** What is remembered of the records of one collection. */
interface Trace {
  /** Since `takeMoved`. */
  moved: string[];
  /** Touched since the digest was last brought up to date (rule G2). */
  readonly undigested: Set<string>;
  /** Of the records that are counted in the digest. */
  readonly hashes: Map<string, RecordHash>;
}

/**
 * The records of the replica. It is altered in place, whole steps only; records are replaced, never altered, so that
 * one that did not change keeps its identity (rule R3).
 */
export class Replica {
  readonly state: MutableState = Object.create(null);
  readonly #freezes: boolean;
  /** Within a step; readers may not write. */
  #stepping = false;
  readonly #traces = new Map<string, Trace>();
  #movedCollections: string[] = [];
  #sum: RecordHash = ZERO_HASH;

  /** `freezes`: nobody who is given its records or collections can alter them. */
  constructor(freezes = false) {
    this.#freezes = freezes;
  }

  /** What the decision on a message needs to know of the records at `version`. */
  factsFor(message: ServerMessage | null, version: number | undefined): ReplicaFacts {
    if (message?.type === "delta") return message.from === version && !this.#fits(message) ? MISFIT : FIT;
    if (message?.type !== "sync" || message.digest === undefined || message.version !== version) return FIT;
    return { fits: true, digest: this.digest() };
  }

  /** The digest of the records (rule G1); its cost goes by the records touched since the last call. */
  digest(): string {
    for (const [collection, { undigested, hashes }] of this.#traces) {
      for (const id of undigested) this.#rehash(hashes, collection, id);
      undigested.clear();
    }
    return formatDigest(this.#sum);
  }

  /** The delta must fit, which `factsFor` says. */
  apply({ payload }: DeltaMessage): void {
    this.#step(Object.keys(payload), () => {
      if (!applyDiff(this.state, payload, this.#touch)) throw new Error("a delta that does not fit was to be applied");
    });
  }

  /** Takes over a full state in one step; says which records are others than before. */
  replace({ payload }: FullStateMessage): Differences {
    const differences: RecordKey[] = [];
    let count = 0;
    const differ: OnMoved = (collection, id, before, after) => {
      this.#touch(collection, id, before, after);
      if (count++ < DIFFERENCES_NAMED) differences.push({ collection, id });
    };
    this.#step(Object.keys(payload), () => {
      for (const collection in this.state) this.#replaceCollection(collection, recordsOf(payload, collection), differ);
    });
    return { count, records: differences };
  }

  clear(): void {
    this.#step([], () => {
      for (const collection in this.state) this.#replaceCollection(collection, [], this.#touch);
    });
  }

  /** Carries out a step that concerns these collections, new ones among them. */
  #step(collections: readonly string[], run: () => void): void {
    for (const collection of collections) this.state[collection] ??= this.#newCollection();
    this.#stepping = true;
    try {
      run();
    } finally {
      this.#stepping = false;
    }
  }

  #newCollection(): Map<string, StateRecord> {
    return this.#freezes ? guardedMap(() => this.#stepping) : new Map();
  }

  /** What moved since this was last asked; null when nothing did. */
  takeMoved(): MovedRecords | null {
    if (this.#movedCollections.length === 0) return null;
    const moved = new Map<string, readonly string[]>();
    for (const collection of this.#movedCollections) {
      const trace = this.#traces.get(collection) as Trace;
      moved.set(collection, trace.moved);
      trace.moved = [];
    }
    this.#movedCollections = [];
    return moved;
  }

  #replaceCollection(name: string, wanted: readonly StateRecord[], differ: OnMoved): void {
    const records = this.state[name] as Map<string, StateRecord>;
    const gone = new Set(records.keys());
    for (const record of wanted) {
      gone.delete(record.id);
      const before = records.get(record.id);
      if (sameJson(before, record)) continue;
      records.set(record.id, record);
      differ(name, record.id, before, record);
    }
    for (const id of gone) {
      const before = records.get(id);
      records.delete(id);
      differ(name, id, before, undefined);
    }
  }

  readonly #touch: OnMoved = (collection, id, _before, after) => {
    if (this.#freezes) freezeJson(after);
    let trace = this.#traces.get(collection);
    if (trace === undefined) {
      trace = { moved: [], undigested: new Set(), hashes: new Map() };
      this.#traces.set(collection, trace);
    }
    if (trace.moved.length === 0) this.#movedCollections.push(collection);
    trace.moved.push(id);
    trace.undigested.add(id);
  };

  #rehash(hashes: Map<string, RecordHash>, collection: string, id: string): void {
    const counted = hashes.get(id);
    const record = this.state[collection]?.get(id);
    if (counted !== undefined) this.#sum = subtractHash(this.#sum, counted);
    if (record === undefined) {
      hashes.delete(id);
      return;
    }
    const hash = recordHash(collection, id, record);
    hashes.set(id, hash);
    this.#sum = addHash(this.#sum, hash);
  }

  #fits({ payload }: DeltaMessage): boolean {
    for (const name in payload) {
      const records = this.state[name];
      for (const id in payload[name]?.set) if (records?.has(id) !== true) return false;
      for (const id in payload[name]?.unset) if (records?.has(id) !== true) return false;
    }
    return true;
  }
}

/** A collection may be named like what every object inherits. */
function recordsOf(payload: WireState, collection: string): readonly StateRecord[] {
  return Object.hasOwn(payload, collection) ? (payload[collection] ?? []) : [];
}

const FIT: ReplicaFacts = { fits: true, digest: null };
const MISFIT: ReplicaFacts = { fits: false, digest: null };
