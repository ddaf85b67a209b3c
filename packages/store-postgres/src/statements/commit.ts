/** A commit is one statement, which inserts an entry of the chain and everything that belongs to it, or nothing at all. */

import type { EndedSpace, HistoryRow, LineageRow, PlanDraft, StoredAnswer } from "@neverstale/server/store";
import type { SqlStatement } from "../database.ts";
import type { Names } from "../names.ts";
import { ANSWER_COLUMNS, type Columns, HISTORY_COLUMNS, LINEAGE_COLUMNS, MOVE_COLUMNS, within } from "./columns.ts";
import { FACTS, type Facts, IS_DURABLE } from "./fence.ts";
import { Parameters } from "./parameters.ts";

type PlannedMove = PlanDraft["moves"][number];

/** Without a row in the chain, `stored` is 0. */
export interface Stored extends Facts {
  readonly stored: number;
}

/** These answers were there under the keys of the new ones. */
export interface CommittedRow extends Stored {
  readonly owners: readonly string[] | null;
  readonly chars: readonly number[] | null;
}

/**
 * The entry comes behind its predecessor, and only in the term of that one (rule L1). Everything else is inserted for a row that
 * the entry's own clause returns. No table is written by two clauses: in what order these run is not defined.
 */
export function commitStatement(names: Names, draft: PlanDraft): SqlStatement<CommittedRow> {
  const parameters = new Parameters();
  const clauses = [entryClause(names, draft, parameters)];
  const add = <Row>(table: Target<Row>, rows: readonly Row[]) => {
    if (rows.length > 0) clauses.push(insertClause(table, rows, parameters));
  };
  add(movesTable(names), draft.moves);
  add(spacesTable(names), draft.made);
  add(endedTable(names), draft.ended);
  add(lineageTable(names), draft.lineage);
  add(historyTable(names), draft.history);
  const answers = newestByKey(draft.answers);
  if (answers.length > 0) clauses.push(answersClause(names, answers, parameters));
  const replaced =
    answers.length === 0
      ? "NULL::text[] AS owners, NULL::integer[] AS chars"
      : `(SELECT array_agg(before_owner) FROM told WHERE before_owner IS NOT NULL) AS owners,
         (SELECT array_agg(before_chars) FROM told WHERE before_owner IS NOT NULL) AS chars`;
  const text = `WITH ${clauses.join(",\n")}
SELECT (SELECT count(*) FROM entry) AS stored, ${replaced}, ${FACTS}`;
  return parameters.statement(text);
}

function entryClause(names: Names, draft: PlanDraft, parameters: Parameters): string {
  const { head, at, ageAt, counters, moves, history } = draft;
  const bigint = (value: number) => parameters.add("bigint", value);
  const double = (value: number) => parameters.add("double precision", value);
  const changes = bigint(moves.reduce((sum, planned) => sum + changesIn(planned), 0));
  const chars = bigint(moves.reduce((sum, planned) => sum + textOf(planned).length, 0));
  return `entry AS (
  INSERT INTO ${names.chain} (sequence, term, term_before, at, age_at, changes, chars, total_changes, total_chars,
    history_position, next_space_id)
  SELECT sequence + 1, term, term, ${double(at)}, ${double(ageAt)}, ${changes}, ${chars}, total_changes + ${changes},
    total_chars + ${chars}, history_position + ${bigint(history.length)}, ${bigint(counters.nextSpaceId)}
  FROM ${names.chain}
  WHERE sequence = ${bigint(head.sequence - 1)} AND term = ${parameters.add("text", head.term)} AND ${IS_DURABLE}
  RETURNING sequence, history_position)`;
}

/** The columns of a table, and where each comes from: from a row, or from the entry. */
interface Target<Row> {
  readonly clause: string;
  readonly table: string;
  readonly columns: Columns<Row>;
  /** These are SQL, with `e` for the entry, `place` for the number of the row from 1 on, and `count` for how many there are. */
  readonly more?: Readonly<Record<string, (count: number) => string>>;
}

function insertClause<Row>(target: Target<Row>, rows: readonly Row[], parameters: Parameters): string {
  return `${target.clause} AS (${insertion(target, rows, parameters)})`;
}

function insertion<Row>(
  { table, columns, more = {} }: Target<Row>,
  rows: readonly Row[],
  parameters: Parameters,
): string {
  const given = Object.keys(columns);
  const source = parameters.numbered(rows, columns);
  const targets = [...given, ...Object.keys(more)];
  const values = [...given.map((name) => `u.${name}`), ...Object.values(more).map((sql) => sql(rows.length))];
  return `INSERT INTO ${table} (${targets.join(", ")})
  SELECT ${values.join(", ")} FROM entry e CROSS JOIN ${source}`;
}

function movesTable(names: Names): Target<PlannedMove> {
  return {
    clause: "moved",
    table: names.moves,
    columns: {
      space_id: { type: "bigint", of: ({ spaceId }) => spaceId },
      ...within(MOVE_COLUMNS, ({ move }: PlannedMove) => move),
      changes: { type: "text", of: textOf },
    },
    more: { sequence: () => "e.sequence", place: () => "u.place" },
  };
}

function spacesTable(names: Names): Target<PlanDraft["made"][number]> {
  return {
    clause: "made",
    table: names.spaces,
    columns: {
      space_id: { type: "bigint", of: ({ id }) => id },
      name: { type: "text", of: ({ name }) => name },
      creation_id: { type: "text", of: ({ creationId }) => creationId },
    },
  };
}

function endedTable(names: Names): Target<EndedSpace> {
  return {
    clause: "ends",
    table: names.ended,
    columns: {
      space_id: { type: "bigint", of: ({ id }) => id },
      name: { type: "text", of: ({ name }) => name },
      creation_id: { type: "text", of: ({ history }) => history?.creationId ?? null },
    },
  };
}

function lineageTable(names: Names): Target<LineageRow & { readonly spaceId: number }> {
  return {
    clause: "began",
    table: names.lineage,
    columns: {
      space_id: { type: "bigint", of: ({ spaceId }) => spaceId },
      ...LINEAGE_COLUMNS,
    },
  };
}

function historyTable(names: Names): Target<HistoryRow> {
  return {
    clause: "evicted",
    table: names.history,
    columns: HISTORY_COLUMNS,
    more: { position: (count) => `e.history_position - ${count} + u.place` },
  };
}

/** An answer under a key that is there already takes its place, at the end of the order. */
function answersClause(names: Names, answers: readonly StoredAnswer[], parameters: Parameters): string {
  const more = { sequence: () => "e.sequence", place: () => "u.place" };
  const target = { clause: "told", table: `${names.answers} AS a`, columns: ANSWER_COLUMNS, more };
  const set = [...Object.keys(ANSWER_COLUMNS), ...Object.keys(more)].filter((name) => name !== "key");
  return `told AS (${insertion(target, answers, parameters)}
  ON CONFLICT (key) DO UPDATE SET before_owner = a.owner, before_chars = a.chars,
    ${set.map((name) => `${name} = excluded.${name}`).join(", ")}
  RETURNING before_owner, before_chars)`;
}

/** One statement can write a row only once. */
function newestByKey(answers: readonly StoredAnswer[]): readonly StoredAnswer[] {
  const byKey = new Map<string, StoredAnswer>();
  for (const answer of answers) {
    byKey.delete(answer.key);
    byKey.set(answer.key, answer);
  }
  return [...byKey.values()];
}

/** So many changes are in it. */
export function changesIn({ move }: PlannedMove): number {
  return move.lastVersion - move.firstVersion + 1;
}

export function textOf({ changes }: PlannedMove): string {
  return changes?.text ?? "";
}
