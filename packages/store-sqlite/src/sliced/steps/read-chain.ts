/** Reading the chain puts its entries together: what they did to which spaces, and the changes from the log. */

import { SyncError } from "@neverstale/protocol";
import { type ChainEntry, type ChainQuery, type ChainSpace, chainPage, type SpaceMove } from "@neverstale/server/store";
import type { EntryRow, LoggedEntryRow, QueryTables } from "../tables.ts";
import { spacesOfText } from "./entry-spaces.ts";

/**
 * The newest entry that may be told of is `head`. Another thread may trim meanwhile: it says so before the first row of an entry
 * goes, so that nothing is told of an entry of which a part was missed.
 */
export function readChain(
  tables: QueryTables,
  head: number,
  { afterSequence, limit }: ChainQuery,
): readonly ChainEntry[] | "trimmed" {
  const last = Math.max(afterSequence, Math.min(head, afterSequence + limit));
  const page = chainPage(entriesIn(tables, afterSequence, last), limit);
  if (tables.chainStart() > afterSequence) return "trimmed";
  const next = afterSequence + page.length + 1;
  if (page.length === 0 && next <= last)
    throw new SyncError("store_damaged", `entry ${next} of the chain is missing`, { hint: "Restore a backup." });
  return page;
}

/** It ends before the first entry that is not there. */
function* entriesIn(tables: QueryTables, afterSequence: number, last: number): Iterable<ChainEntry> {
  const special = new Map(tables.entries(afterSequence, last - afterSequence).map((row) => [row.sequence, row]));
  const log = new LogReader(tables.loggedEntries(afterSequence));
  try {
    for (let sequence = afterSequence + 1; sequence <= last; sequence += 1) {
      const row = special.get(sequence);
      const entry = row?.type === "takeover" ? row : groupOf(sequence, row ?? null, log.take(sequence));
      if (entry === null) return;
      yield entry;
    }
  } finally {
    log.end();
  }
}

function groupOf(
  sequence: number,
  row: Exclude<EntryRow, { readonly type: "takeover" }> | null,
  logged: readonly LoggedEntryRow[],
): ChainEntry | null {
  const facts = row ?? logged[0];
  if (facts === undefined) return null;
  const { term, at, ageAt } = facts;
  const spaces = row === null ? logged.map(spaceOf) : withChanges(spacesOfText(row.spaces), logged);
  if (spaces === null) return null;
  return { type: "group", sequence, term, termBefore: term, at, ageAt, spaces };
}

function spaceOf({ name, firstVersion, lastVersion, changes }: LoggedEntryRow): ChainSpace {
  return { name, creationId: null, removed: false, archived: false, lineage: null, firstVersion, lastVersion, changes };
}

/** Each space with changes has one row in the log, in the same order. It returns null when one is missing. */
function withChanges(moves: readonly SpaceMove[], logged: readonly LoggedEntryRow[]): ChainSpace[] | null {
  const spaces: ChainSpace[] = [];
  let next = 0;
  for (const move of moves) {
    const hasChanges = !move.removed && move.lastVersion >= move.firstVersion;
    const row = hasChanges ? logged[next] : undefined;
    if (hasChanges && row?.firstVersion !== move.firstVersion) return null;
    if (hasChanges) next += 1;
    spaces.push({ ...move, changes: row === undefined ? "" : row.changes });
  }
  return spaces;
}

/** The log reader hands out the rows of one entry after the other. */
class LogReader {
  readonly #rows: Iterator<LoggedEntryRow>;
  #next: LoggedEntryRow | undefined;

  constructor(rows: Iterable<LoggedEntryRow>) {
    this.#rows = rows[Symbol.iterator]();
    this.#advance();
  }

  take(entry: number): LoggedEntryRow[] {
    const rows: LoggedEntryRow[] = [];
    for (; this.#next?.entry === entry; this.#advance()) rows.push(this.#next);
    return rows;
  }

  /** A statement that is not read to its end would keep its view of the database. */
  end(): void {
    this.#rows.return?.();
  }

  #advance(): void {
    const { done, value } = this.#rows.next();
    this.#next = done === true ? undefined : value;
  }
}
