/** Trimming deletes what has outlived its retention, oldest first, in steps that lie between commits. */

import type { Retention } from "@neverstale/server/store";
import type { ConnectionLane, SharedDatabase, SqlStatement } from "./database.ts";
import { lastDueEntry, lastDueHistory, prefixOf } from "./due.ts";
import type { KeptCounts } from "./kept-counts.ts";
import type { Names } from "./names.ts";
import {
  boundExpired,
  clearingStatements,
  type DueAnswerRow,
  dropAnswers,
  dropEntries,
  dropEpochs,
  dropHistory,
  dropHistoryOf,
  dropSpace,
  dropTombstones,
  forgetEnded,
  type OldestRow,
  oldAnswers,
  oldEntries,
  oldestStatement,
  oldHistory,
  type WentRow,
} from "./statements/trim.ts";

const LANE: ConnectionLane = "fold";

export class Trimming {
  readonly #database: SharedDatabase;
  readonly #names: Names;
  readonly #retention: Retention;
  readonly #rows: number;

  constructor(database: SharedDatabase, names: Names, retention: Retention, rows: number) {
    this.#database = database;
    this.#names = names;
    this.#retention = retention;
    this.#rows = rows;
  }

  /** It returns false when the term of the writer is over. Nothing is deleted then. */
  async trim(counts: KeptCounts, term: string, spaceId: number | null): Promise<boolean> {
    const head = { sequence: counts.newest.sequence, term };
    const [oldest] = await this.#run(oldestStatement(this.#names, head, spaceId));
    if (oldest?.allowed !== true) return false;
    await this.#chain(counts, oldest);
    if (oldest.epochs > this.#retention.epochs) await this.#run(dropEpochs(this.#names, this.#retention.epochs));
    await this.#answers(counts, oldest);
    await this.#history(counts, oldest);
    if (oldest.tombstones && spaceId !== null)
      await this.#untilNone(() => dropTombstones(this.#names, spaceId, this.#rows));
    if (oldest.ended_id !== null) await this.#ended(counts, oldest);
    return true;
  }

  async #run<Row>(statement: SqlStatement<Row>): Promise<readonly Row[]> {
    return (await this.#database.run(LANE, statement)).rows;
  }

  async #chain(counts: KeptCounts, { start: from, entry_age_at }: OldestRow): Promise<void> {
    const { logAgeMs, logChanges, logChars, chainEntries } = this.#retention;
    const { entries, changes, chars } = counts.log;
    const isOld = entry_age_at !== null && counts.newest.ageAt - entry_age_at > logAgeMs;
    if (!isOld && entries <= chainEntries && changes <= logChanges && chars <= logChars) return;
    for (let start = from; ; ) {
      const rows = await this.#run(oldEntries(this.#names, start, this.#rows));
      const last = lastDueEntry(rows, counts.newest, this.#retention);
      if (last === null) return;
      await this.#run(dropEntries(this.#names, last.sequence));
      counts.trimmed(last);
      start = last.sequence;
      if (rows.at(-1) !== last) return;
    }
  }

  /** Answers go that are too old, of which one owner has too many, or of which all together have too many. */
  async #answers(counts: KeptCounts, { answer_at, expired }: OldestRow): Promise<void> {
    const oldestAt = counts.newest.ageAt - this.#retention.answerAgeMs;
    const before = counts.answers.count;
    if (answer_at !== null && answer_at < oldestAt)
      await this.#dropAnswers(
        counts,
        null,
        () =>
          ({ at }) =>
            at < oldestAt,
      );
    for (let { owners } = counts.answers.due; owners.length > 0; { owners } = counts.answers.due) {
      for (const { owner, count } of owners)
        await this.#dropAnswers(counts, owner, (gone) => (_, index) => index < count - gone);
    }
    await this.#answersOfAll(counts);
    if (counts.answers.count < before || expired > this.#retention.expiredOwners) await this.#expired();
  }

  async #answersOfAll(counts: KeptCounts): Promise<void> {
    if (counts.answers.due.count <= 0 && counts.answers.due.chars <= 0) return;
    await this.#dropAnswers(counts, null, () => {
      const { count, chars } = counts.answers.due;
      let over = chars;
      return (row, index) => {
        const isDue = index < count || over > 0;
        over -= row.chars;
        return isDue;
      };
    });
  }

  /** `dueAfter` is told how many went already. */
  async #dropAnswers(
    counts: KeptCounts,
    owner: string | null,
    dueAfter: (gone: number) => (row: DueAnswerRow, index: number) => boolean,
  ): Promise<void> {
    for (let gone = 0; ; ) {
      const due = prefixOf(await this.#run(oldAnswers(this.#names, owner, this.#rows)), dueAfter(gone));
      if (due.length === 0) return;
      for (const row of await this.#run(dropAnswers(this.#names, due))) counts.answers.drop(row);
      gone += due.length;
      if (due.length < this.#rows) return;
    }
  }

  async #expired(): Promise<void> {
    const [row] = await this.#run<{ readonly count: number }>({
      text: `SELECT count(*) AS count FROM ${this.#names.expired} WHERE owner IS NOT NULL`,
      values: [],
    });
    const tooMany = (row?.count ?? 0) - this.#retention.expiredOwners;
    if (tooMany <= 0) return;
    for (const statement of boundExpired(this.#names, tooMany)) await this.#run(statement);
  }

  async #history(counts: KeptCounts, { history_at }: OldestRow): Promise<void> {
    const { historyAgeMs, historyRows, historyChars } = this.#retention;
    const isOld = history_at !== null && counts.newest.ageAt - history_at > historyAgeMs;
    if (!isOld && counts.history.rows <= historyRows && counts.history.chars <= historyChars) return;
    for (;;) {
      const rows = await this.#run(oldHistory(this.#names, this.#rows));
      const last = lastDueHistory(rows, counts.history, counts.newest.ageAt, this.#retention);
      if (last === null) return;
      for (const went of await this.#run(dropHistory(this.#names, last.position))) counts.historyWent(went);
      if (rows.at(-1) !== last || rows.length < this.#rows) return;
    }
  }

  async #ended(counts: KeptCounts, first: OldestRow): Promise<void> {
    let ended: Ended | undefined = {
      ended_id: first.ended_id,
      name: first.ended_name,
      creation_id: first.ended_creation,
    };
    while (ended !== undefined && ended.ended_id !== null) {
      await this.#clear(counts, ended.ended_id, ended.name ?? "", ended.creation_id);
      [ended] = await this.#run<Ended>({
        text: `SELECT space_id AS ended_id, name, creation_id FROM ${this.#names.ended} ORDER BY space_id LIMIT 1`,
        values: [],
      });
    }
  }

  async #clear(counts: KeptCounts, id: number, name: string, creationId: string | null): Promise<void> {
    await this.#run(dropSpace(this.#names, id));
    for (const statement of clearingStatements(this.#names, { id, name, creationId }, this.#rows))
      await this.#untilNone(() => statement);
    if (creationId !== null)
      await this.#untilNone(
        () => dropHistoryOf(this.#names, name, creationId, this.#rows),
        (went) => counts.historyWent(went),
      );
    await this.#run(forgetEnded(this.#names, id));
  }

  async #untilNone(statement: () => SqlStatement<WentRow>, tell: (went: WentRow) => void = () => {}): Promise<void> {
    for (;;) {
      const [went] = await this.#run(statement());
      if (went === undefined || went.count === 0) return;
      tell(went);
      if (went.count < this.#rows) return;
    }
  }
}

interface Ended {
  readonly ended_id: number | null;
  readonly name: string | null;
  readonly creation_id: string | null;
}
