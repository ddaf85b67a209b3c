/** Queues are kept in IndexedDB, and held by Web Locks. The session storage names the lines of a tab. */

import { allOf, databaseNamed, localMarks } from "../../../kept/io/database.ts";
import type { FoundLines, KeptLine, KeptMutation, LinesStep, QueuePlace } from "../queue-place.ts";

/** Returns null where a browser has no IndexedDB or no Web Locks: on a page that came over plain HTTP there are none. */
export function browserQueuePlace(database: string): QueuePlace | null {
  if (typeof indexedDB === "undefined" || typeof navigator === "undefined" || navigator.locks === undefined)
    return null;
  const open = databaseNamed(database);
  const mark = `${database}:dropped`;
  const mine = (scope: string) => `${database}:lines:${scope}`;
  const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(`${database}:queue`);
  return {
    transact: async (decide, whole) => transactIn(await open(), decide, whole),
    lock: (name, waitMs) => lockOf(`${database}:queue:${name}`, waitMs),
    remember: (scope, lines) => write(tabMarks(), mine(scope), lines),
    remembered: (scope) => read(tabMarks(), mine(scope)),
    doom: (user) => write(localMarks(), mark, [...new Set([...read(localMarks(), mark), user])]),
    doomed: () => read(localMarks(), mark),
    spare: (users) => {
      const left = read(localMarks(), mark).filter((user) => !users.includes(user));
      write(localMarks(), mark, left);
    },
    tell: (user) => channel?.postMessage(user),
    hear: (told) => channel?.addEventListener("message", ({ data }) => typeof data === "string" && told(data)),
  };
}

/** Nothing is awaited in between: a transaction without a request ends by itself. What is written is on the disk before it is sent. */
function transactIn(database: IDBDatabase, decide: (found: FoundLines) => LinesStep, whole: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(["lines", "mutations", "facts"], "readwrite", { durability: "strict" });
    const [lines, mutations, facts] = [
      transaction.objectStore("lines"),
      transaction.objectStore("mutations"),
      transaction.objectStore("facts"),
    ];
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error("the transaction was given up"));
    const eras: IDBRequest<Record<string, number> | undefined> = facts.get("queueEras");
    const rows: IDBRequest<KeptLine[]> = lines.getAll();
    const all: IDBRequest<KeptMutation[]> | null = whole ? mutations.getAll() : null;
    (all ?? rows).onsuccess = () => {
      try {
        const step = decide({ eras: eras.result ?? {}, lines: rows.result, mutations: all?.result ?? [] });
        carryOut(step, { lines, mutations, facts });
      } catch {
        transaction.abort();
      }
    };
  });
}

function carryOut({ eras, drop = [], write: writings = [] }: LinesStep, { lines, mutations, facts }: Stores): void {
  if (eras !== undefined) facts.put(eras, "queueEras");
  for (const line of drop) {
    lines.delete(line);
    mutations.delete(allOf(line));
  }
  for (const { line, put, remove } of writings) {
    lines.put(line, line.line);
    for (const mutation of put) mutations.put(mutation, [mutation.line, mutation.n]);
    for (const n of remove) mutations.delete([line.line, n]);
  }
}

interface Stores {
  readonly lines: IDBObjectStore;
  readonly mutations: IDBObjectStore;
  readonly facts: IDBObjectStore;
}

/** A page that ends gives its locks back, however it ends. */
function lockOf(name: string, waitMs: number | null): Promise<(() => void) | null> {
  return new Promise((resolve) => {
    const waiting = new AbortController();
    const timer = waitMs === null || waitMs === 0 ? null : setTimeout(() => waiting.abort(), waitMs);
    const how: LockOptions = waitMs === 0 ? { ifAvailable: true } : { signal: waiting.signal };
    const hold = (lock: Lock | null) => {
      if (timer !== null) clearTimeout(timer);
      if (lock === null) return resolve(null);
      return new Promise<void>((release) => resolve(release));
    };
    navigator.locks.request(name, how, hold).catch(() => resolve(null));
  });
}

/** It goes with the tab. A tab that is copied has it too, but not the locks. */
function tabMarks(): Storage | null {
  try {
    return typeof sessionStorage === "undefined" ? null : sessionStorage;
  } catch {
    return null;
  }
}

function read(marks: Storage | null, key: string): readonly string[] {
  try {
    const values: unknown = JSON.parse(marks?.getItem(key) ?? "[]");
    return Array.isArray(values) ? values.filter((value) => typeof value === "string") : [];
  } catch {
    return [];
  }
}

function write(marks: Storage | null, key: string, values: readonly string[]): void {
  try {
    if (values.length === 0) marks?.removeItem(key);
    else marks?.setItem(key, JSON.stringify(values));
  } catch {
    // It is full. Lines that are not remembered are found all the same, by whichever page looks for them.
  }
}
