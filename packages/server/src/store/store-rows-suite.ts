/** The store rows are small groups, folds and answers, with which the suites of the stores are written. */

import type {
  AnswerQuery,
  ChainEntry,
  CommitGroup,
  Fold,
  HistoryRow,
  SpaceCommit,
  Store,
  StoreContents,
  StoredAnswer,
} from "./contract.ts";

export const HOUR_MS = 3_600_000;
export const START = 1_800_000_000_000;

interface GroupShape {
  readonly name: string;
  readonly first: number;
  readonly count?: number;
  readonly at?: number;
  readonly ageAt?: number;
  /** The creation of this number begins with the group. */
  readonly makes?: number;
  readonly epoch?: string;
}

export function group(shape: GroupShape): CommitGroup {
  const { at = START, ageAt = at } = shape;
  return { at, ageAt, spaces: [spaceCommit(shape)], history: [], answers: [] };
}

/** It returns the group that makes a space, with changes 1 to `count`. */
export function made(name: string, count: number): CommitGroup {
  return group({ name, first: 1, count, makes: 1 });
}

export function removed(name: string, first: number, archived = true): CommitGroup {
  return {
    at: START,
    ageAt: START,
    spaces: [{ ...spaceCommit({ name, first, count: 0 }), removed: true, archived }],
    history: [],
    answers: [],
  };
}

export function spaceCommit({ name, first, count = 1, makes, epoch }: GroupShape): SpaceCommit {
  return {
    name,
    creationId: makes === undefined ? null : `${name}#${makes}`,
    removed: false,
    archived: false,
    lineage: epoch === undefined ? null : { epoch, firstVersion: first },
    firstVersion: first,
    lastVersion: first + count - 1,
    changes: { text: changesText(first, count) },
  };
}

export function changesText(first: number, count: number): string {
  return JSON.stringify(
    Array.from({ length: count }, (_, index) => ({ type: "event", target: "", data: { id: `e${first + index}` } })),
  );
}

interface FoldShape {
  readonly after?: number;
  readonly records?: Fold["records"];
  readonly tombstones?: Fold["tombstones"];
  readonly floor?: number;
}

export function fold(
  space: string,
  version: number,
  { after = 0, records = [], tombstones = [], floor = 0 }: FoldShape,
): Fold {
  return { space, creationId: `${space}#1`, after, version, records, tombstones, tombstoneFloor: floor, digest: null };
}

export function record(id: string, version: number): Fold["records"][number] {
  return { collection: "hosts", id, version, text: JSON.stringify({ id, version, note: "ü" }) };
}

export function tombstone(id: string, version: number): Fold["tombstones"][number] {
  return { collection: "hosts", id, version };
}

export function evicted(space: string, version: number, collection = "events", creation = 1): HistoryRow {
  const creationId = `${space}#${creation}`;
  return {
    space,
    creationId,
    collection,
    id: `e${version}`,
    version,
    at: START,
    text: JSON.stringify({ id: `e${version}` }),
  };
}

export function answer(key: string, owner = "", madeAt: number | null = null): StoredAnswer {
  return { key, owner, madeAt, bodyHash: "hash", at: START, version: 1, answer: '{"ids":["c1"]}' };
}

export function keyOf(found: StoredAnswer | "expired" | null): string | null {
  return typeof found === "string" ? found : (found?.key ?? null);
}

export function asked(key: string, owner = "", madeAt: number | null = null): AnswerQuery {
  return { key, owner, madeAt };
}

export function heads(contents: StoreContents): Record<string, number> {
  return Object.fromEntries(
    contents.spaces.map((space) => [space.name, space.log.at(-1)?.lastVersion ?? space.foldedVersion]),
  );
}

/** It returns what is kept of the chain. */
export async function chainOf(store: Store, afterSequence = 0): Promise<readonly ChainEntry[]> {
  const entries = await store.readChain({ afterSequence, limit: 1_000 });
  if (entries === "trimmed") throw new Error(`the entry behind ${afterSequence} is gone`);
  return entries;
}

export async function logOf(store: Store, space: string): Promise<number[]> {
  return (await store.readLog({ space, afterVersion: 0, limit: 1_000 })).map((row) => row.firstVersion);
}

export function sorted<Row extends { readonly collection: string; readonly id: string }>(rows: readonly Row[]): Row[] {
  return [...rows].sort((a, b) => (`${a.collection}/${a.id}` < `${b.collection}/${b.id}` ? -1 : 1));
}

/** An error that a synchronous store throws becomes a rejection. */
export async function attempt(work: () => void | Promise<void>): Promise<void> {
  await work();
}
