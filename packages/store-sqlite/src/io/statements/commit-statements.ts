/** The commit statements write what a commit adds. */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type {
  AnswerSize,
  EncodedHistoryRow,
  EncodedLogRow,
  EndedSpace,
  LineageRow,
  PlannedEntry,
  StoredAnswer,
  TakeoverEntry,
} from "@neverstale/server/store";
import type { CommitTables } from "../../sliced/tables.ts";

export class CommitStatements implements CommitTables {
  readonly #addLog: StatementSync;
  readonly #addHistory: StatementSync;
  readonly #removeAnswer: StatementSync;
  readonly #addAnswer: StatementSync;
  readonly #addLineage: StatementSync;
  readonly #addSpace: StatementSync;
  readonly #endSpace: StatementSync;
  readonly #noteEnded: StatementSync;
  readonly #noteEndedName: StatementSync;
  readonly #addEntry: StatementSync;
  readonly #addTakeover: StatementSync;
  readonly #addEpoch: StatementSync;
  readonly #placeOfEpoch: StatementSync;
  readonly #probe: StatementSync;
  /** The epoch of the newest entry has this place in the list. */
  #term: { readonly epoch: string; readonly place: number } | null = null;

  constructor(db: DatabaseSync) {
    this.#addLog = db.prepare("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    this.#addHistory = db.prepare(
      `INSERT INTO history (history_id, space, collection, version, at, id, text, chars, creation_id)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#removeAnswer = db.prepare("DELETE FROM idempotency WHERE key = ? RETURNING owner, chars");
    this.#addAnswer = db.prepare(
      "INSERT INTO idempotency (key, body_hash, at, version, answer, owner, made_at, chars) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    );
    this.#addLineage = db.prepare("INSERT INTO lineage (space_id, first_version, epoch) VALUES (?, ?, ?)");
    this.#addSpace = db.prepare("INSERT INTO spaces (space_id, name, creation_id) VALUES (?, ?, ?)");
    this.#endSpace = db.prepare("DELETE FROM spaces WHERE space_id = ?");
    this.#noteEnded = db.prepare("INSERT INTO ended_spaces VALUES (?, ?, ?)");
    this.#noteEndedName = db.prepare("INSERT INTO ended_names (space_id, name, last_log) VALUES (?, ?, ?)");
    this.#addEntry = db.prepare("INSERT INTO chain (sequence, term, at, age_at, spaces) VALUES (?, ?, ?, ?, ?)");
    this.#addTakeover = db.prepare(
      "INSERT INTO chain (sequence, term, at, age_at, term_before, address, model) VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    this.#placeOfEpoch = db.prepare("SELECT position AS place FROM epochs WHERE epoch = ?");
    this.#addEpoch = db.prepare("INSERT INTO epochs (epoch) VALUES (?)");
    this.#probe = db.prepare("UPDATE probe SET commits = commits + 1");
  }

  addLog(row: EncodedLogRow, entry: PlannedEntry): void {
    const { sequence, spaceId, firstVersion, lastVersion, total, changes, chars } = row;
    const { at, ageAt } = entry;
    const term = this.#placeOf(entry.term);
    const age = ageAt === at ? null : ageAt;
    this.#addLog.run(
      sequence,
      spaceId,
      firstVersion,
      lastVersion,
      at,
      total,
      changes,
      chars,
      entry.sequence,
      term,
      age,
    );
  }

  addEntry({ sequence, term, at, ageAt }: PlannedEntry, spaces: string): void {
    this.#addEntry.run(sequence, this.#placeOf(term), at, ageAt, spaces);
  }

  addTakeover(entry: TakeoverEntry): void {
    this.#addEpoch.run(entry.term);
    this.#term = null; // A takeover that was rolled back has left nothing in the list.
    this.addTakeoverEntry(entry);
  }

  /** Its epoch is in the list already. */
  addTakeoverEntry({ sequence, term, termBefore, at, ageAt, address, model }: TakeoverEntry): void {
    const before = termBefore === null ? null : this.#placeOf(termBefore);
    this.#addTakeover.run(sequence, this.#placeOf(term), at, ageAt, before, address, model);
  }

  #placeOf(epoch: string): number {
    if (this.#term?.epoch !== epoch) {
      const { place } = this.#placeOfEpoch.get(epoch) as { readonly place: number };
      this.#term = { epoch, place };
    }
    return this.#term.place;
  }

  addHistory(row: EncodedHistoryRow): void {
    const { position, space, collection, version, at, id, text, chars, creationId } = row;
    this.#addHistory.run(position, space, collection, version, at, id, text, chars, creationId);
  }

  removeAnswer(key: string): AnswerSize | null {
    return (this.#removeAnswer.get(key) as AnswerSize | undefined) ?? null;
  }

  addAnswer({ key, bodyHash, at, version, answer, owner, madeAt }: StoredAnswer, chars: number): void {
    this.#addAnswer.run(key, bodyHash, at, version, answer, owner, madeAt, chars);
  }

  addLineage(spaceId: number, row: LineageRow): void {
    this.#addLineage.run(spaceId, row.firstVersion, row.epoch);
  }

  addSpace(row: { readonly id: number; readonly name: string; readonly creationId: string }): void {
    this.#addSpace.run(row.id, row.name, row.creationId);
  }

  endSpace({ id, name, history, hasLog, lastLog }: EndedSpace): void {
    this.#endSpace.run(id);
    this.#noteEnded.run(id, history?.space ?? null, history?.creationId ?? null);
    if (hasLog) this.#noteEndedName.run(id, name, lastLog);
  }

  probe(): void {
    this.#probe.run();
  }
}
