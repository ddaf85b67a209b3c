import {
  addHash,
  applyDiff,
  type DeltaMessage,
  type FullStateMessage,
  formatDigest,
  type MutableState,
  type RecordHash,
  recordHash,
  type ServerMessage,
  type StateRecord,
  sameJson,
  subtractHash,
  ZERO_HASH,
} from "@neverstale/protocol";
import type { ReplicaFacts } from "./receive.ts";

/** Ids by collection. */
export type MovedRecords = ReadonlyMap<string, ReadonlySet<string>>;

export interface RecordKey {
  readonly collection: string;
  readonly id: string;
}

/** At most so many records are named when a divergence is reported. */
export const DIFFERENCES_NAMED = 100;

export interface Differences {
  readonly count: number;
  /** The first `DIFFERENCES_NAMED` of them. */
  readonly records: readonly RecordKey[];
}

/**
 * The records of the replica. It is altered in place, whole steps only; records are replaced, never altered, so that
 * one that did not change keeps its identity (rule R3).
 */
export class Replica {
  readonly state: MutableState = Object.create(null);
  #moved = new Map<string, Set<string>>();
  /** Records touched since the digest was last brought up to date (rule G2). */
  readonly #undigested = new Map<string, Set<string>>();
  readonly #hashes = new Map<string, Map<string, RecordHash>>();
  #sum: RecordHash = ZERO_HASH;

  /** What the decision on a message needs to know of the records at `version`. */
  factsFor(message: ServerMessage | null, version: number | undefined): ReplicaFacts {
    if (message?.type === "delta") return message.from === version && !this.#fits(message) ? MISFIT : FIT;
    if (message?.type !== "sync" || message.digest === undefined || message.version !== version) return FIT;
    return { fits: true, digest: this.digest() };
  }

  /** The digest of the records (rule G1); its cost goes by the records touched since the last call. */
  digest(): string {
    for (const [collection, ids] of this.#undigested) {
      const hashes = entryOf(this.#hashes, collection, () => new Map<string, RecordHash>());
      for (const id of ids) this.#rehash(hashes, collection, id);
      ids.clear();
    }
    return formatDigest(this.#sum);
  }

  /** The delta must fit, which `factsFor` says. */
  apply({ payload }: DeltaMessage): void {
    if (!applyDiff(this.state, payload, this.#touch)) throw new Error("a delta that does not fit was to be applied");
  }

  /** Takes over a full state in one step; says which records are others than before. */
  replace({ payload }: FullStateMessage): Differences {
    const differences: RecordKey[] = [];
    let count = 0;
    const differ = (collection: string, id: string): void => {
      this.#touch(collection, id);
      if (count++ < DIFFERENCES_NAMED) differences.push({ collection, id });
    };
    for (const collection in payload) this.state[collection] ??= new Map();
    for (const collection in this.state) this.#replaceCollection(collection, payload[collection] ?? [], differ);
    return { count, records: differences };
  }

  clear(): void {
    for (const collection in this.state) this.#replaceCollection(collection, [], this.#touch);
  }

  /** What moved since this was last asked; null when nothing did. */
  takeMoved(): MovedRecords | null {
    if (this.#moved.size === 0) return null;
    const moved = this.#moved;
    this.#moved = new Map();
    return moved;
  }

  #replaceCollection(
    name: string,
    wanted: readonly StateRecord[],
    differ: (collection: string, id: string) => void,
  ): void {
    const records = this.state[name] as Map<string, StateRecord>;
    const gone = new Set(records.keys());
    for (const record of wanted) {
      gone.delete(record.id);
      if (sameJson(records.get(record.id), record)) continue;
      records.set(record.id, record);
      differ(name, record.id);
    }
    for (const id of gone) {
      records.delete(id);
      differ(name, id);
    }
  }

  readonly #touch = (collection: string, id: string): void => {
    entryOf(this.#moved, collection, () => new Set<string>()).add(id);
    entryOf(this.#undigested, collection, () => new Set<string>()).add(id);
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

const FIT: ReplicaFacts = { fits: true, digest: null };
const MISFIT: ReplicaFacts = { fits: false, digest: null };

function entryOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
