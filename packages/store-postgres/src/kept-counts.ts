/** The kept counts say how much the store keeps of the past, as its writer knows it. */

import {
  charsOf,
  KeptAnswers,
  type PlanDraft,
  type Retention,
  type StoreMetrics,
  type Takeover,
} from "@neverstale/server/store";
import type { ChainTotals } from "./due.ts";
import { type CommittedRow, changesIn, textOf } from "./statements/commit.ts";
import type { OwnerNumbers, WriterNumbers } from "./statements/takeover.ts";
import type { OldEntryRow, WentRow } from "./statements/trim.ts";

export class KeptCounts {
  readonly answers: KeptAnswers;
  #newest: ChainTotals;
  /** The entries up to this one are gone, with so many changes and characters. */
  #start: number;
  #baseChanges: number;
  #baseChars: number;
  #historyRows: number;
  #historyChars: number;

  constructor(numbers: WriterNumbers, owners: readonly OwnerNumbers[], retention: Retention, newest: Newest) {
    this.answers = new KeptAnswers(owners, retention);
    this.#newest = { ...newest, changes: numbers.total_changes, chars: numbers.total_chars };
    this.#start = numbers.start;
    this.#baseChanges = numbers.base_changes;
    this.#baseChars = numbers.base_chars;
    this.#historyRows = numbers.history_rows;
    this.#historyChars = numbers.history_chars;
  }

  get newest(): ChainTotals {
    return this.#newest;
  }

  get history(): { readonly rows: number; readonly chars: number } {
    return { rows: this.#historyRows, chars: this.#historyChars };
  }

  get log(): { readonly entries: number; readonly changes: number; readonly chars: number } {
    const { sequence, changes, chars } = this.#newest;
    return {
      entries: sequence - this.#start,
      changes: changes - this.#baseChanges,
      chars: chars - this.#baseChars,
    };
  }

  committed({ head, ageAt, moves, history, answers }: PlanDraft, { owners, chars }: CommittedRow): void {
    const changes = this.#newest.changes + moves.reduce((sum, planned) => sum + changesIn(planned), 0);
    const logChars = this.#newest.chars + moves.reduce((sum, planned) => sum + textOf(planned).length, 0);
    this.#newest = { sequence: head.sequence, ageAt, changes, chars: logChars };
    this.#historyRows += history.length;
    this.#historyChars += history.reduce((sum, row) => sum + row.text.length, 0);
    const byKey = new Map(answers.map((answer) => [answer.key, answer]));
    for (const answer of byKey.values()) this.answers.add({ owner: answer.owner, chars: charsOf(answer) });
    for (const [index, owner] of (owners ?? []).entries()) this.answers.drop({ owner, chars: chars?.[index] ?? 0 });
  }

  trimmed(last: OldEntryRow): void {
    this.#start = last.sequence;
    this.#baseChanges = last.total_changes;
    this.#baseChars = last.total_chars;
  }

  historyWent({ count, chars }: WentRow): void {
    this.#historyRows -= count;
    this.#historyChars -= chars;
  }

  metrics(): StoreMetrics {
    const { entries, changes, chars } = this.log;
    return {
      store_log_changes: changes,
      store_log_chars: chars,
      store_chain_entries: entries,
      store_answers: this.answers.count,
      store_answer_chars: this.answers.chars,
      store_history_rows: this.#historyRows,
      store_history_chars: this.#historyChars,
    };
  }
}

type Newest = Pick<Takeover, "ageAt"> & { readonly sequence: number };
