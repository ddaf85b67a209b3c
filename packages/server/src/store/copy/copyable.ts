/** A copyable is data whose whole content can be handed out by pages, and be filled in somewhere else. */

import type {
  ChainEntry,
  SpaceContents,
  StoredAnswer,
  StoredHistoryRow,
  StoredRecord,
  StoredTombstone,
  TakeoverEntry,
} from "../contract.ts";
import type { PointRow } from "../points/point-store.ts";

/**
 * Every implementation passes `copies-suite.ts`. No server may work on the data meanwhile: what locks can tell is refused with
 * `store_locked`.
 */
export interface Copyable {
  /** It names the data in messages. No password is in it. */
  readonly name: string;
  /**
   * Hands out all that is stored, as it is at one moment, and alters nothing of it. It throws a `SyncError` where there is nothing,
   * where somebody works on it, or where it can't be read.
   */
  copyOut(put: PutPage): Promise<void>;
  /**
   * Fills data that holds nothing yet with the pages that `fill` puts, all or nothing. Before it is there for anybody, `check` is
   * given the way to read it back. Where `fill` or `check` fails, or the process dies, the data still holds nothing.
   */
  copyIn(fill: (put: PutPage) => Promise<void>, check: (copyOut: CopyOut) => Promise<void>): Promise<void>;
}

export type PutPage = (page: CopyPage) => Promise<void>;
export type CopyOut = Copyable["copyOut"];

/**
 * The pages come in the order of this list: one start, then entries, and so on. One page holds a few megabytes at most, or
 * one row. Where the rows of a kind are in an order, that order is kept.
 */
export type CopyPage =
  | CopyStart
  | { readonly kind: "entries"; readonly rows: readonly ChainEntry[] }
  | { readonly kind: "space"; readonly space: CopiedSpace }
  | { readonly kind: "records"; readonly space: string; readonly rows: readonly StoredRecord[] }
  | { readonly kind: "tombstones"; readonly space: string; readonly rows: readonly StoredTombstone[] }
  | { readonly kind: "answers"; readonly rows: readonly StoredAnswer[] }
  | { readonly kind: "expired"; readonly rows: readonly CopiedExpiry[] }
  | { readonly kind: "history"; readonly rows: readonly StoredHistoryRow[] }
  | { readonly kind: "points"; readonly rows: readonly PointRow[] };

export interface CopyStart {
  readonly kind: "start";
  /** They are in their order. Every term that an entry names is among them. */
  readonly epochs: readonly string[];
  /** Entries up to this one are not kept. The first page of entries begins with the next one. */
  readonly trimmed: number;
  /** This is the newest takeover, where its entry is not among those that are kept. */
  readonly takeover: TakeoverEntry | null;
  /** This position of the history was given out last. It is 0 when none was. */
  readonly position: number;
}

/** The records and tombstones of the space follow, each in pages of their own. What is not folded yet is in the entries. */
export type CopiedSpace = Omit<SpaceContents, "records" | "tombstones" | "log">;

/** Keys of the owner that were made until then are expired. Null means the keys of all owners. */
export interface CopiedExpiry {
  readonly owner: string | null;
  readonly madeAt: number;
}

/** It cuts rows into pages by their number and their size. One row may be larger than a page. */
export function* inPages<Row>(rows: Iterable<Row>, sizeOf: (row: Row) => number): Iterable<readonly Row[]> {
  let page: Row[] = [];
  let size = 0;
  for (const row of rows) {
    const own = sizeOf(row);
    if (page.length > 0 && (page.length >= PAGE_ROWS || size + own > PAGE_CHARS)) {
      yield page;
      [page, size] = [[], 0];
    }
    page.push(row);
    size += own;
  }
  if (page.length > 0) yield page;
}

export const PAGE_ROWS = 1_000;
/** Characters are UTF-16 code units. */
export const PAGE_CHARS = 1_024 * 1_024;
