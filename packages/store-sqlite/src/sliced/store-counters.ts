/** The store counters are what `/metrics` says of a store. */

import type { Catalog, KeptAnswers, StoreMetrics } from "@neverstale/server/store";
import type { CheckpointResult, QueryTables, TableCounts } from "./tables.ts";

/** The units are those that Prometheus wants. */
export class StoreCounters {
  readonly #commits = { inline: 0, worker: 0 };
  #commitSeconds = 0;
  #lastCommitSeconds = 0;
  #folds = 0;
  #foldedRows = 0;
  #foldSeconds = 0;
  readonly #points = { written: 0, full: 0, dropped: 0, ms: 0 };
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

  pointed({ written, full, dropped }: Readonly<Record<"written" | "full" | "dropped", number>>, tookMs: number): void {
    this.#points.written += written;
    this.#points.full += full;
    this.#points.dropped += dropped;
    this.#points.ms += tookMs;
  }

  checkpointed({ donePages }: CheckpointResult): void {
    this.#checkpoints += 1;
    this.#checkpointedPages += donePages;
  }

  read(where: "inline" | "worker", walBytes: number): StoreMetrics {
    return {
      store_commits_total: this.#commits.inline + this.#commits.worker,
      store_commits_in_worker_total: this.#commits.worker,
      store_commit_seconds_total: this.#commitSeconds,
      store_last_commit_seconds: this.#lastCommitSeconds,
      store_writes_in_worker: where === "worker" ? 1 : 0,
      store_folds_total: this.#folds,
      store_folded_rows_total: this.#foldedRows,
      store_fold_seconds_total: this.#foldSeconds,
      store_point_rows_written_total: this.#points.written,
      store_point_rows_full_total: this.#points.full,
      store_point_rows_dropped_total: this.#points.dropped,
      store_point_seconds_total: this.#points.ms / 1_000,
      store_checkpoints_total: this.#checkpoints,
      store_checkpointed_pages_total: this.#checkpointedPages,
      store_wal_bytes: walBytes,
    };
  }
}

/**
 * It says how much each table and the file hold. In the log and in the history, that is from the oldest to the newest row.
 */
export function keptRows(
  queries: QueryTables,
  { counters, chain }: Catalog,
  answers: KeptAnswers,
  left: TableCounts,
): StoreMetrics {
  const { log, history } = queries.oldest();
  const { pages, freePages, pageBytes } = queries.file();
  return {
    store_log_changes: log === null ? 0 : counters.total - log.total,
    store_log_chars: log === null ? 0 : counters.logChars - log.chars,
    store_chain_entries: (chain.head?.sequence ?? 0) - queries.chainStart(),
    store_answers: answers.count,
    store_answer_chars: answers.chars,
    store_history_rows: history === null ? 0 : counters.position - history.position,
    store_history_chars: history === null ? 0 : counters.historyChars - history.chars,
    store_undo_rows: left.undo,
    store_tombstones: left.tombstones,
    store_ended_spaces: left.endedSpaces,
    store_ended_names: left.endedNames,
    store_file_bytes: pages * pageBytes,
    store_free_bytes: freePages * pageBytes,
  };
}
