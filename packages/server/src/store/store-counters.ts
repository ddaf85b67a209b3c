import type { StoreMetrics } from "./contract.ts";
import type { CheckpointResult } from "./tables.ts";

/** What the store counts, in the units that Prometheus wants. */
export class StoreCounters {
  readonly #commits = { inline: 0, worker: 0 };
  #commitSeconds = 0;
  #lastCommitSeconds = 0;
  #folds = 0;
  #foldedRows = 0;
  #foldSeconds = 0;
  #checkpoints = 0;
  #checkpointedPages = 0;

  committed(where: "inline" | "worker", tookMs: number): void {
    this.#commits[where] += 1;
    this.#lastCommitSeconds = tookMs / 1_000;
    this.#commitSeconds += tookMs / 1_000;
  }

  folded(rows: number, tookMs: number): void {
    this.#folds += 1;
    this.#foldedRows += rows;
    this.#foldSeconds += tookMs / 1_000;
  }

  checkpointed({ donePages }: CheckpointResult): void {
    this.#checkpoints += 1;
    this.#checkpointedPages += donePages;
  }

  read(where: "inline" | "worker", logPages: number): StoreMetrics {
    return {
      store_commits_total: this.#commits.inline + this.#commits.worker,
      store_commits_in_worker_total: this.#commits.worker,
      store_commit_seconds_total: this.#commitSeconds,
      store_last_commit_seconds: this.#lastCommitSeconds,
      store_writes_in_worker: where === "worker" ? 1 : 0,
      store_folds_total: this.#folds,
      store_folded_rows_total: this.#foldedRows,
      store_fold_seconds_total: this.#foldSeconds,
      store_checkpoints_total: this.#checkpoints,
      store_checkpointed_pages_total: this.#checkpointedPages,
      store_wal_pages: logPages,
    };
  }
}
