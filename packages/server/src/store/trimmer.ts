import type { Retention } from "./contract.ts";
import type { StoreSettings } from "./settings.ts";
import type { TrimTables } from "./tables.ts";

export interface TrimLimits extends Retention {
  /** Of the newest commit. */
  readonly now: number;
  /** Changes logged so far. */
  readonly total: number;
  /** The space that was folded last: its tombstones are looked at. */
  readonly spaceId: number | null;
}

/** One deletion, to be run inside a transaction. */
type Step = () => void;

/** Finds what has outlived its retention, oldest first, and how to delete the next bit of it. */
export class Trimmer {
  readonly #tables: TrimTables;
  readonly #settings: StoreSettings;

  constructor(tables: TrimTables, settings: StoreSettings) {
    this.#tables = tables;
    this.#settings = settings;
  }

  /** Null when nothing is due. */
  next(limits: TrimLimits): Step | null {
    return (
      this.#logStep(limits) ??
      this.#queueStep("answers", limits.answers, limits.now - limits.answerAgeMs) ??
      this.#queueStep("history", limits.historyRows, limits.now - limits.historyAgeMs) ??
      this.#undoStep() ??
      this.#tombstoneStep(limits.spaceId) ??
      this.#endedStep()
    );
  }

  /** Whole groups, from the oldest on; one that is not folded yet ends it. */
  #logStep({ now, total, logAgeMs, logChanges }: TrimLimits): Step | null {
    const folded = this.#foldedVersions();
    let last: number | null = null;
    let bytes = 0;
    for (const row of this.#tables.oldestLog(this.#settings.trimRows)) {
      const before = row.total - (row.lastVersion - row.firstVersion + 1);
      const due = now - row.at > logAgeMs || total - before > logChanges;
      if (!due || row.lastVersion > folded(row.spaceId) || bytes > this.#settings.trimBytes) break;
      last = row.sequence;
      bytes += row.bytes;
    }
    return last === null ? null : () => this.#tables.dropLog(last);
  }

  /** By the number of a space; of one that has ended everything counts as folded. Looked up once for each. */
  #foldedVersions(): (spaceId: number) => number {
    const known = new Map<number, number>();
    return (spaceId) => {
      let version = known.get(spaceId);
      if (version === undefined) {
        version = this.#tables.space(spaceId)?.foldedVersion ?? Number.POSITIVE_INFINITY;
        known.set(spaceId, version);
      }
      return version;
    };
  }

  #queueStep(queue: "answers" | "history", most: number, oldestAt: number): Step | null {
    const newest = this.#tables.newestId(queue);
    if (newest === null) return null;
    const rows = this.#tables.oldest(queue, this.#settings.trimRows);
    const kept = rows.findIndex((row) => row.at >= oldestAt && newest - row.id < most);
    const last = rows[kept < 0 ? rows.length - 1 : kept - 1];
    return last === undefined ? null : () => this.#tables.drop(queue, last.id);
  }

  /** What folds that have ended would have needed if they had not. */
  #undoStep(): Step | null {
    const folded = this.#foldedVersions();
    const rows = this.#tables.oldestUndo(this.#settings.trimRows);
    const kept = rows.findIndex((row) => row.target > folded(row.spaceId));
    const last = rows[kept < 0 ? rows.length - 1 : kept - 1];
    return last === undefined ? null : () => this.#tables.drop("undo", last.id);
  }

  #tombstoneStep(spaceId: number | null): Step | null {
    if (spaceId === null) return null;
    const floor = this.#tables.space(spaceId)?.tombstoneFloor ?? 0;
    if (!this.#tables.hasTombstones(spaceId, floor)) return null;
    return () => this.#tables.dropTombstones(spaceId, floor, this.#settings.trimRows);
  }

  /** What an ended space leaves behind, table by table; at last, that it ended. */
  #endedStep(): Step | null {
    const spaceId = this.#tables.endedSpace();
    if (spaceId === null) return null;
    return () => {
      for (const table of ["records", "tombstones", "log", "lineage"] as const) {
        if (this.#tables.dropOfEnded(table, spaceId, this.#settings.trimRows) > 0) return;
      }
      this.#tables.forgetEnded(spaceId);
    };
  }
}
