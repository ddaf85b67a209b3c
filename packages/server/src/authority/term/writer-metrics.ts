/** The writer's metrics by their names, for `/metrics`. */

import type { Writer } from "../writer.ts";

export function writerMetrics({ bounds, folder, metrics, waiting }: Writer): Record<string, number> {
  return {
    largest_transaction_bytes: bounds.largestTransactionBytes,
    writer_commits_total: metrics.commits,
    writer_calls_total: metrics.calls,
    writer_rejected_commits_total: metrics.rejectedCommits,
    writer_groups_cut_total: metrics.groupsCut,
    writer_takeovers_total: metrics.takeovers,
    writer_waiting_calls: waiting.calls,
    writer_waiting_bytes: waiting.bytes,
    folds_total: folder.folds,
    folds_failed_total: folder.failures,
  };
}
