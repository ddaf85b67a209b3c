/** The audit of a store is proved from outside: nobody has to trust the server that wrote it. */

import { createHash } from "node:crypto";
import { AUDIT_BEGINNING_ID, AUDIT_SPACE, AuditChain, type AuditEvent } from "@neverstale/fleet-domain";
import { SyncError } from "@neverstale/protocol";
import {
  changesOfText,
  type HistoryQuery,
  type PointQuery,
  type PointRow,
  type SpaceContents,
  type StoredHistoryRow,
} from "@neverstale/server/store";
import { postgresStore } from "@neverstale/store-postgres";
import { openSqliteView } from "@neverstale/store-sqlite";
import { storeAddress } from "../../store/io/store-address.ts";
import { ARCHIVE_SERIES, ARCHIVE_STEP, archivedIn } from "../archive.ts";
import { type AuditVerdict, ChainProof, type FoundEvent, type NotedHead } from "../chain-proof.ts";

/**
 * A server may work on the store meanwhile. `store` is a data directory, a SQLite file, or `postgres://…`. It returns null where there
 * is no chain yet, and throws a `SyncError` or a `StartFailure` where the store can't be read.
 */
export async function verifyAudit(store: string, noted: NotedHead | null = null): Promise<AuditVerdict | null> {
  const view = await viewOf(store);
  try {
    return await prove(view, noted);
  } finally {
    await view.close();
  }
}

/** It is a store that is only read. */
interface StoreView {
  space(name: string): SpaceRows | null;
  readHistory(query: HistoryQuery): Promise<readonly StoredHistoryRow[]>;
  readPoints(query: PointQuery): Promise<readonly PointRow[]>;
  close(): Promise<void>;
}

type SpaceRows = Pick<SpaceContents, "records" | "log">;

async function viewOf(store: string): Promise<StoreView> {
  const address = storeAddress(store);
  if (address.kind === "sqlite") return openSqliteView(address.path);
  const shared = postgresStore(address.url);
  try {
    const { spaces } = await shared.read();
    return {
      space: (name) => spaces.find((space) => space.name === name) ?? null,
      readHistory: (query) => shared.readHistory(query),
      readPoints: (query) => shared.readPoints(query),
      close: () => shared.close(),
    };
  } catch (error) {
    await shared.close();
    throw error;
  }
}

async function prove(view: StoreView, noted: NotedHead | null): Promise<AuditVerdict | null> {
  const rows = view.space(AUDIT_SPACE);
  if (rows === null) return null;
  const { events, chain } = liveRows(rows);
  if (chain === null) {
    if (![...events.values()].some(({ hash }) => hash !== undefined)) return null;
    throw new SyncError("store_damaged", "the store holds chained audit events, and not where their chain ends", {
      hint: "The store was altered: go on with a backup.",
    });
  }
  const proof = new ChainProof(chain, (text) => createHash("sha256").update(text).digest("hex"), noted);
  const live: FoundEvent[] = [];
  for (const [id, event] of events) {
    if (isChained(id, event)) live.push(liveEvent(id, event));
    else proof.takeOlder(event);
  }
  live.sort((a, b) => a.sequence - b.sequence);
  const first = (chain.anchor?.sequence ?? 0) + 1;
  for await (const found of inOrder([archived(view, first, chain), evicted(view), fromList(live)])) {
    proof.take(found);
    if (proof.isBroken) break;
  }
  return proof.end();
}

/** It makes the live state of the records that were folded, and of the log behind them. */
function liveRows({ records, log }: SpaceRows) {
  const state = new Map<string, Map<string, Readonly<Record<string, unknown>>>>();
  const of = (collection: string) => {
    const found = state.get(collection) ?? new Map();
    state.set(collection, found);
    return found;
  };
  for (const { collection, id, text } of records) of(collection).set(id, eventIn(text));
  for (const { changes } of log) {
    const logged = changesOfText(changes);
    for (const { type, data } of logged.changes) {
      const { collection, id } = data as { readonly collection?: string; readonly id?: string };
      const rule = logged.rules?.[type];
      if (rule === undefined)
        of(String(collection)).delete(String(id)); // The engine has evicted it.
      else if (rule.kind === "remove") of(rule.collection).delete(String(id));
      else if (rule.kind === "put") of(rule.collection).set(String(id), data);
      else of(rule.collection).set(String(id), patched(of(rule.collection).get(String(id)), data));
    }
  }
  const chain = AuditChain.safeParse(of("chains").get(AUDIT_BEGINNING_ID));
  return { events: of("events") as Map<string, AuditEvent>, chain: chain.success ? chain.data : null };
}

function patched(record: object | undefined, data: object) {
  return Object.fromEntries(Object.entries({ ...record, ...data }).filter(([, value]) => value !== null));
}

/** Events of older releases have neither such an id nor a hash. */
function isChained(id: string, { hash }: AuditEvent): boolean {
  return hash !== undefined || PLACE.test(id);
}

const PLACE = /^audit-(\d{12,15})$/;

function liveEvent(id: string, event: AuditEvent): FoundEvent {
  const place = PLACE.exec(id)?.[1];
  return { where: "live state", sequence: Number(place ?? event.sequence), event };
}

/** A row that holds no event was altered: nothing that fits was ever hashed. */
const NO_EVENT = {} as AuditEvent;

function eventIn(text: string): AuditEvent {
  try {
    const event: unknown = JSON.parse(text);
    return typeof event === "object" && event !== null ? (event as AuditEvent) : NO_EVENT;
  } catch {
    return NO_EVENT;
  }
}

function eventsIn(row: PointRow): readonly AuditEvent[] {
  try {
    return archivedIn(row).map((event) => event ?? NO_EVENT);
  } catch {
    return [NO_EVENT];
  }
}

async function* archived(view: StoreView, first: number, { archived: last }: AuditChain): AsyncGenerator<FoundEvent> {
  for (let from = first; from <= last; from += ROWS) {
    const to = Math.min(last + 1, from + ROWS);
    const rows = await view.readPoints({ step: ARCHIVE_STEP, series: ARCHIVE_SERIES, from, to });
    for (const row of rows) for (const event of eventsIn(row)) yield { where: "archive", sequence: row.at, event };
  }
}

async function* evicted(view: StoreView): AsyncGenerator<FoundEvent> {
  for (let after = 0; ; ) {
    const rows = await view.readHistory({ space: AUDIT_SPACE, collection: "events", after, limit: ROWS });
    for (const { id, text } of rows) {
      const event = eventIn(text);
      if (isChained(id, event)) yield { ...liveEvent(id, event), where: "history" };
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < ROWS) return;
    after = last.position;
  }
}

async function* fromList(events: readonly FoundEvent[]): AsyncGenerator<FoundEvent> {
  yield* events;
}

/** It yields what several sources have, each of which is in order, in the order of all. */
async function* inOrder(sources: readonly AsyncGenerator<FoundEvent>[]): AsyncGenerator<FoundEvent> {
  const next = await Promise.all(sources.map((source) => source.next()));
  for (;;) {
    let least = -1;
    for (const [index, { done, value }] of next.entries()) {
      if (done === true) continue;
      const best = next[least]?.value as FoundEvent | undefined;
      if (best === undefined || value.sequence < best.sequence) least = index;
    }
    const source = sources[least];
    const found = next[least];
    if (source === undefined || found === undefined || found.done === true) return;
    yield found.value;
    next[least] = await source.next();
  }
}

const ROWS = 500;
