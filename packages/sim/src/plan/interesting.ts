/** These things must have happened once enough seeds were run. */

/** These must happen to pages that mutate, which have runs of their own. */
export const INTERESTING_OF_PAGES: readonly string[] = [
  ...["asked", "done", "refused_not_possible", "refused_not_today", "dropped", "unknown"],
  ...["repeated", "stopped", "reloads", "orphaned", "taken_back"],
].map((what) => `mutations_${what}`);

/** These must happen to pages that keep what they ask for over a reload, which have runs of their own. */
export const INTERESTING_OF_QUEUES: readonly string[] = [
  ...["done", "refused_not_today", "dropped", "unknown", "refused_queue_full", "taken_back"].map(
    (what) => `mutations_${what}`,
  ),
  ...["left", "told_done", "told_refused", "left_ask_out", "left_ask_refused", "left_drop_out", "left_keep_out"].map(
    (what) => `queues_${what}`,
  ),
];

/** These must happen to followers of views, which have runs of their own. */
export const INTERESTING_OF_VIEWS: readonly string[] = [
  ...["put", "remove", "set", "rebuilt", "granted"].map((what) => `views_${what}`),
  ...["hub_views", "hub_revoked", "resumed_by_diff"],
  ...["view", "too_old", "epoch", "ahead"].map((reason) => `full_state_${reason}`),
  // They happen to followers of views at several nodes.
  ...["runs", "takeovers", "steps", "resumed", "revoked", "of_another_view"].map((what) => `engines_${what}`),
  ...["kill", "stop", "pause", "promote", "tail_lost", "waiters_reached"].map((what) => `engines_${what}`),
];

/** The promises are about these, by the names of their counters. */
export const INTERESTING: readonly string[] = [
  "hub_resumed",
  "resumed_by_diff",
  ...["first", "epoch", "ahead", "too_old", "smaller", "plain_log"].map((reason) => `full_state_${reason}`),
  ...["gap", "drift", "digest", "epoch", "manual", "plain"].map((reason) => `full_state_asked_${reason}`),
  "hub_windowFull",
  "hub_parts",
  ...["takeovers", "hub_steps", "hub_withoutSteps", "sent_away_for_steps"],
  "hub_congested",
  "hub_tooSlow",
  "hub_badMessages",
  "hub_revoked",
  "hub_snapshotFailures",
  "client_epoch_changes",
  "client_digestMismatches",
  "client_divergences",
  "client_gaps",
  "client_silentSockets",
  "divergence_healed",
  "reached",
  "reached_history_lost",
  "replayed_key",
  "agent_reports",
  "restores",
  "graceful_stops",
  "disk_full",
  "unknown_outcome_stored",
  "unknown_outcome_not_stored",
  "kill_kept_unsynced",
  "power_cut_lost_unsynced",
  "power_cut_kept_unsynced",
  "power_cut_kept_a_part",
  "late_frames",
  "half_open",
  "stalls",
  "cuts_within_frame",
  ...["alter", "swallow", "double"].flatMap((how) => [`meddled_${how}`, `meddled_plain_${how}`]),
  ...["sleeps_told", "sleeps_untold", "client_clock_jumps", "authority_clock_jumps"],
  ...["swap", "add", "read", "count"].map((what) => `calls_${what}`),
  ...["calls_refused", "calls_never_answered", "calls_repeated", "calls_repeated_after_crash", "reads_own"],
  ...["spaces_removed", "spaces_made_again", "spaces_made_empty", "spaces_archived", "spaces_deleted"],
  ...["records_edited", "own_changes_edited", "edits_refused"],
  ...["restores_empty", "further_epoch_after_restore"],
  ...["epoch", "commit", "fold", "trim", "checkpoint"].map((write) => `disk_error_${write}`),
  ...["epoch", "commit", "fold", "trim"].flatMap((write) =>
    ["before", "written", "synced"].map((point) => `crash_${write}_${point}`),
  ),
  ...["crash_checkpoint_before", "crash_checkpoint_synced", "checkpoint_whole", "checkpoint_in_part"],
  ...["commits_inline", "commits_in_turn", "fold_in_slices", "fold_taken_back", "power_cut_lost_background"],
  ...["kill", "cut_power", "stop"].map((how) => `deploys_by_${how}`),
  ...["events", "commands", "lines", "updates", "eventsIn", "notes", "strict"].map((part) => `release_moves_${part}`),
  "stored_records_refused_today",
  "keys_expired",
  ...["chain_followed", "chain_trimmed", "chain_lost"],
  ...["followed", "trimmed", "lost", "tail_lost"].map((what) => `nodes_${what}`),
  ...["takeover", "commit"].flatMap((what) => ["done", "fenced", "unknown"].map((how) => `nodes_${what}_${how}`)),
  ...["fold", "beat", "find"].flatMap((what) => ["done", "fenced"].map((how) => `nodes_${what}_${how}`)),
  ...["runs", "takeovers", "steps", "resumed", "forwarded", "fenced_total", "reloads_total"].map(
    (what) => `engines_${what}`,
  ),
  ...["writes_unknown", "reads_lost"].map((what) => `engines_${what}`),
  ...["polls", "streams", "states"].map((what) => `engines_http_${what}`),
  ...["acked", "store_unavailable", "outcome_unknown", "not_the_writer"].map((code) => `engines_calls_${code}`),
  ...["kill", "stop", "pause", "cut", "link_down", "slow_way", "slow_link", "lossy_way", "lossy_link", "promote"].map(
    (trouble) => `engines_${trouble}`,
  ),
  ...["tail_lost", "forked", "history_lost_total", "waiters_reached"].map((what) => `engines_${what}`),
  ...["runs_with_readers", "http_polls", "http_streams", "http_states"],
  ...["hits", "collapsed", "joined", "emptied", "restarted", "cut_streams"].map((what) => `cache_${what}`),
  ...["recordBytes", "transactionBytes", "transactionChanges", "stateBytes"].map((bound) => `bound_${bound}`),
  // Each table of the store is at its bound.
  ...["log", "chain", "history", "answers", "undo", "tombstones", "ended", "ended_names"].map(
    (table) => `bound_${table}`,
  ),
];

/** From so many runs on, each of them must have happened. A simulator that never gets there proves nothing. */
export const RUNS_TO_SEE_ALL = 200;

/** These are wanted where everything is run, or only pages that mutate, or keep what they ask for, or only followers of views. */
export const INTERESTING_OF = {
  all: INTERESTING,
  pages: INTERESTING_OF_PAGES,
  queues: INTERESTING_OF_QUEUES,
  views: INTERESTING_OF_VIEWS,
} as const;

/** It returns those that never happened, where they should have. */
export function neverHappened(
  totals: Readonly<Record<string, number>>,
  runs: number,
  wanted: readonly string[] = INTERESTING,
): readonly string[] {
  return runs < RUNS_TO_SEE_ALL ? [] : wanted.filter((name) => (totals[name] ?? 0) === 0);
}
