/** The records are what a replica shows: it applies deltas and full states to them, and computes their digest. */

import {
  type AnyState,
  addHash,
  applyFittingDiff,
  type DeltaMessage,
  diffFits,
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

/**
 * The collections are altered in place, by whole messages only. A record is replaced and never altered, so that one that
 * did not change keeps its identity (rule R3).
 */
export class ReplicaRecords {
  /** Readers get `shown` instead. */
  readonly state: MutableState = Object.create(null);
  /** It is what readers get: they can't alter it, and a collection that has not come yet is empty. */
  readonly shown: AnyState = new Proxy(this.state, READ_ONLY);
  readonly #freezes: boolean;
  /** It is open while a message is carried out. Otherwise nobody may write. */
  #isOpen = false;
  readonly #traces = new Map<string, Trace>();
  readonly #lists = new Map<string, readonly StateRecord[]>();
  #movedCollections: string[] = [];
  #sum: RecordHash = ZERO_HASH;

  /** With `freezes`, nobody who is given its records, lists or collections can alter them. */
  constructor(freezes = false) {
    this.#freezes = freezes;
  }

  /** It returns what the decision on a message needs to know of the records at `version`. */
  factsFor(message: ServerMessage | null, version: number | undefined): ReplicaFacts {
    if (message?.type === "delta") {
      return message.from === version && !diffFits(this.state, message.payload) ? MISFIT : FIT;
    }
    if (message?.type !== "sync" || message.digest === undefined || message.version !== version) return FIT;
    return { fits: true, digest: this.digest() };
  }

  /** Returns the digest of the records (rule G1). Its cost goes by the records that were touched since the last call. */
  digest(): string {
    for (const [collection, { undigested, hashes }] of this.#traces) {
      for (const id of undigested) this.#rehash(hashes, collection, id);
      undigested.clear();
    }
    return formatDigest(this.#sum);
  }

  /** Returns the records of a collection as a list. It is the same list until `collectMoved` tells that one of them moved. */
  list(collection: string): readonly StateRecord[] {
    let list = this.#lists.get(collection);
    if (list === undefined) {
      list = [...(this.state[collection]?.values() ?? [])];
      if (this.#freezes) Object.freeze(list);
      this.#lists.set(collection, list);
    }
    return list;
  }

  /** The delta must fit, which `factsFor` tells. */
  apply({ payload }: DeltaMessage): void {
    this.#open(Object.keys(payload));
    try {
      applyFittingDiff(this.state, payload, this.#touch);
    } finally {
      this.#isOpen = false;
    }
  }

  /** The full state replaces all there is, as a whole. Returns which records are others than before. */
  replace({ payload }: FullStateMessage): Differences {
    const differences: RecordKey[] = [];
    let count = 0;
    const differ: OnMoved = (collection, id, before, after) => {
      this.#touch(collection, id, before, after);
      if (count++ < DIFFERENCES_NAMED) differences.push({ collection, id });
    };
    this.#replaceAll(payload, differ);
    return { count, records: differences };
  }

  /** Shows a record, or none, in the place of the authority's. Neither the digest nor a message knows of it (rule U10). */
  lay(collection: string, id: string, record: StateRecord | undefined): void {
    if (this.#freezes) freezeJson(record);
    this.#open([collection]);
    if (record === undefined) this.state[collection]?.delete(id);
    else this.state[collection]?.set(id, record);
    this.#isOpen = false;
  }

  /** Another record than before is shown under this id. */
  noteMoved(collection: string, id: string): void {
    const trace = this.#traceOf(collection);
    if (trace.moved.length === 0) this.#movedCollections.push(collection);
    trace.moved.push(id);
  }

  /** Shows the records that are there from the start. Nobody is told, since nobody has read any others. */
  show(payload: WireState): void {
    this.paint(payload);
    this.collectMoved();
  }

  /** Shows records that no message has brought. */
  paint(payload: WireState): void {
    this.#replaceAll(payload, this.#touch);
  }

  clear(): void {
    this.paint({});
  }

  /** It returns what moved since it was last asked; null when nothing did. */
  collectMoved(): MovedRecords | null {
    if (this.#movedCollections.length === 0) return null;
    const moved = new Map<string, readonly string[]>();
    for (const collection of this.#movedCollections) {
      const trace = this.#traces.get(collection) as Trace;
      moved.set(collection, trace.moved);
      trace.moved = [];
      this.#lists.delete(collection);
    }
    this.#movedCollections = [];
    return moved;
  }

  #replaceAll(payload: WireState, differ: OnMoved): void {
    this.#open(Object.keys(payload));
    try {
      for (const collection in this.state) this.#replaceCollection(collection, recordsOf(payload, collection), differ);
    } finally {
      this.#isOpen = false;
    }
  }

  /** From here on it may be written, also to these collections, some of which may be new. */
  #open(collections: readonly string[]): void {
    for (const collection of collections) this.state[collection] ??= this.#newCollection();
    this.#isOpen = true;
  }

  #newCollection(): Map<string, StateRecord> {
    return this.#freezes ? guardedMap(() => this.#isOpen) : new Map();
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
    this.noteMoved(collection, id);
    this.#traceOf(collection).undigested.add(id);
  };

  #traceOf(collection: string): Trace {
    let trace = this.#traces.get(collection);
    if (trace === undefined) {
      trace = { moved: [], undigested: new Set(), hashes: new Map() };
      this.#traces.set(collection, trace);
    }
    return trace;
  }

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
}

/** It names ids by collection. An id that moved twice may be named twice. */
export type MovedRecords = ReadonlyMap<string, readonly string[]>;

export interface RecordKey {
  readonly collection: string;
  readonly id: string;
}

export interface Differences {
  readonly count: number;
  /** These are the first hundred of them. */
  readonly records: readonly RecordKey[];
}

/** At most so many records are named when a divergence is reported. */
const DIFFERENCES_NAMED = 100;

/** This is remembered of the records of one collection. */
interface Trace {
  /** These ids moved since `collectMoved` was last called. */
  moved: string[];
  /** These ids were touched since the digest was last brought up to date (rule G2). */
  readonly undigested: Set<string>;
  /** These are the hashes of the records that are counted in the digest. */
  readonly hashes: Map<string, RecordHash>;
}

const NO_RECORDS: ReadonlyMap<string, StateRecord> = guardedMap(() => false);

const READ_ONLY: ProxyHandler<MutableState> = {
  get: (state, name: string) => state[name] ?? NO_RECORDS,
  set: () => false,
  deleteProperty: () => false,
  defineProperty: () => false,
};

const FIT: ReplicaFacts = { fits: true, digest: null };
const MISFIT: ReplicaFacts = { fits: false, digest: null };

/** Only own members count: a collection may be named like something that every object inherits. */
function recordsOf(payload: WireState, collection: string): readonly StateRecord[] {
  return Object.hasOwn(payload, collection) ? (payload[collection] ?? []) : [];
}
