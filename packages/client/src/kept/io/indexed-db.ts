/** Replicas are kept in IndexedDB. What must be deleted is remembered in the local storage, which is written at once. */

import type { Doomed, FoundKept, KeptMeta, KeptPlace, PlaceStep } from "../place.ts";
import { allOf, databaseNamed, localMarks } from "./database.ts";

/** Returns null where a browser has no IndexedDB. */
export function indexedDbPlace(database: string): KeptPlace | null {
  if (typeof indexedDB === "undefined") return null;
  const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(database);
  const mark = `${database}:doomed`;
  const open = databaseNamed(database);
  return {
    transact: async (decide, read) => transactIn(await open(), decide, read),
    doom: (key) => writeMark(mark, key === null ? "all" : withKey(readMark(mark), key)),
    doomed: () => readMark(mark),
    spare: (deleted) => {
      if (JSON.stringify(readMark(mark)) === JSON.stringify(deleted)) localMarks()?.removeItem(mark);
    },
    tell: (user) => channel?.postMessage(user),
    hear: (told) => channel?.addEventListener("message", ({ data }) => typeof data === "string" && told(data)),
  };
}

/**
 * All that may be read is asked for at once, since each answer comes from another process. Nothing is awaited in between: a transaction
 * without a request ends by itself. Where nothing is to be altered, its end is not waited for.
 */
function transactIn(database: IDBDatabase, decide: (found: FoundKept) => PlaceStep, read?: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(["metas", "records", "facts"], "readwrite");
    const [metas, records, facts] = [
      transaction.objectStore("metas"),
      transaction.objectStore("records"),
      transaction.objectStore("facts"),
    ];
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error("the transaction was given up"));
    const era: IDBRequest<number | undefined> = facts.get("era");
    const all: IDBRequest<KeptMeta[]> = metas.getAll();
    const rows: IDBRequest<BucketRow[]> | null = read === undefined ? null : records.getAll(allOf(read));
    (rows ?? all).onsuccess = () => {
      const texts = new Map((rows?.result ?? []).map(({ bucket, text }) => [bucket, text]));
      try {
        const step = decide({ era: era.result ?? 0, metas: all.result, texts });
        if (!carryOut(step, { metas, records, facts })) resolve();
      } catch {
        transaction.abort();
      }
    };
  });
}

/** It returns whether anything is altered. */
function carryOut({ drop = [], era, write }: PlaceStep, { metas, records, facts }: Stores): boolean {
  for (const key of drop) {
    metas.delete(key);
    records.delete(allOf(key));
  }
  if (era !== undefined) facts.put(era, "era");
  if (write !== undefined) {
    const { meta, texts } = write;
    metas.put(meta, meta.key);
    for (const [bucket, text] of texts) {
      if (text === null) records.delete([meta.key, bucket]);
      else records.put({ bucket, text } satisfies BucketRow, [meta.key, bucket]);
    }
  }
  return drop.length > 0 || era !== undefined || write !== undefined;
}

interface BucketRow {
  readonly bucket: number;
  readonly text: string;
}

interface Stores {
  readonly metas: IDBObjectStore;
  readonly records: IDBObjectStore;
  readonly facts: IDBObjectStore;
}

function readMark(mark: string): Doomed {
  const text = localMarks()?.getItem(mark) ?? null;
  if (text === null) return [];
  try {
    const keys: unknown = JSON.parse(text);
    return Array.isArray(keys) && keys.every((key) => typeof key === "string") ? keys : "all";
  } catch {
    return "all";
  }
}

function writeMark(mark: string, doomed: Doomed): void {
  try {
    localMarks()?.setItem(mark, JSON.stringify(doomed));
  } catch {
    // It is full. The deletion itself goes on.
  }
}

function withKey(doomed: Doomed, key: string): Doomed {
  return doomed === "all" ? "all" : [...new Set([...doomed, key])];
}
