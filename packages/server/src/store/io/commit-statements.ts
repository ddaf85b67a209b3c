import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { EncodedLogRow } from "../catalog.ts";
import type { HistoryRow, LineageRow, StoredAnswer } from "../contract.ts";
import type { CommitTables } from "../tables.ts";

export class CommitStatements implements CommitTables {
  readonly #addLog: StatementSync;
  readonly #addHistory: StatementSync;
  readonly #putAnswer: StatementSync;
  readonly #addLineage: StatementSync;
  readonly #addSpace: StatementSync;
  readonly #endSpace: StatementSync;
  readonly #noteEnded: StatementSync;
  readonly #addEpoch: StatementSync;
  readonly #probe: StatementSync;

  constructor(db: DatabaseSync) {
    this.#addLog = db.prepare("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?)");
    this.#addHistory = db.prepare(
      "INSERT INTO history (space, collection, version, at, id, text) VALUES (?, ?, ?, ?, ?, ?)",
    );
    this.#putAnswer = db.prepare(
      "REPLACE INTO idempotency (key, body_hash, at, version, answer) VALUES (?, ?, ?, ?, ?)",
    );
    this.#addLineage = db.prepare("INSERT INTO lineage (space_id, first_version, epoch) VALUES (?, ?, ?)");
    this.#addSpace = db.prepare("INSERT INTO spaces (space_id, name, creation_id) VALUES (?, ?, ?)");
    this.#endSpace = db.prepare("DELETE FROM spaces WHERE space_id = ?");
    this.#noteEnded = db.prepare("INSERT INTO ended_spaces VALUES (?)");
    this.#addEpoch = db.prepare("INSERT INTO epochs (epoch) VALUES (?)");
    this.#probe = db.prepare("UPDATE probe SET commits = commits + 1");
  }

  addLog(row: EncodedLogRow, at: number): void {
    this.#addLog.run(row.sequence, row.spaceId, row.firstVersion, row.lastVersion, at, row.total, row.changes);
  }

  addHistory(row: HistoryRow): void {
    this.#addHistory.run(row.space, row.collection, row.version, row.at, row.id, row.text);
  }

  putAnswer(row: StoredAnswer): void {
    this.#putAnswer.run(row.key, row.bodyHash, row.at, row.version, row.answer);
  }

  addLineage(spaceId: number, row: LineageRow): void {
    this.#addLineage.run(spaceId, row.firstVersion, row.epoch);
  }

  addSpace(row: { readonly id: number; readonly name: string; readonly creationId: string }): void {
    this.#addSpace.run(row.id, row.name, row.creationId);
  }

  endSpace(spaceId: number): void {
    this.#endSpace.run(spaceId);
    this.#noteEnded.run(spaceId);
  }

  addEpoch(epoch: string): void {
    this.#addEpoch.run(epoch);
  }

  probe(): void {
    this.#probe.run();
  }
}
