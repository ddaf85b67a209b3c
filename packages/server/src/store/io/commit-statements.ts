import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { CommitPlan } from "../catalog.ts";

/** The statements of a commit, prepared once. They run inside the caller's transaction. */
export class CommitStatements {
  readonly #addLog: StatementSync;
  readonly #addHistory: StatementSync;
  readonly #addAnswer: StatementSync;
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
    this.#addAnswer = db.prepare(
      "REPLACE INTO idempotency (key, body_hash, at, version, answer) VALUES (?, ?, ?, ?, ?)",
    );
    this.#addLineage = db.prepare("INSERT INTO lineage (space_id, first_version, epoch) VALUES (?, ?, ?)");
    this.#addSpace = db.prepare("INSERT INTO spaces (space_id, name, creation_id) VALUES (?, ?, ?)");
    this.#endSpace = db.prepare("DELETE FROM spaces WHERE space_id = ?");
    this.#noteEnded = db.prepare("INSERT INTO ended_spaces VALUES (?)");
    this.#addEpoch = db.prepare("INSERT INTO epochs (epoch) VALUES (?)");
    this.#probe = db.prepare("UPDATE probe SET commits = commits + 1");
  }

  run({ at, ended, made, lineage, log, history, answers }: CommitPlan): void {
    for (const id of ended) {
      this.#endSpace.run(id);
      this.#noteEnded.run(id);
    }
    for (const space of made) this.#addSpace.run(space.id, space.name, space.creationId);
    for (const row of lineage) this.#addLineage.run(row.spaceId, row.firstVersion, row.epoch);
    for (const row of log) {
      this.#addLog.run(row.sequence, row.spaceId, row.firstVersion, row.lastVersion, at, row.total, row.changes);
    }
    for (const row of history) {
      this.#addHistory.run(row.space, row.collection, row.version, row.at, row.id, row.text);
    }
    for (const row of answers) this.#addAnswer.run(row.key, row.bodyHash, row.at, row.version, row.answer);
  }

  beginEpoch(epoch: string): void {
    this.#addEpoch.run(epoch);
  }

  probe(): void {
    this.#probe.run();
  }
}
