/** A takeover is one statement, too, and a new writer reads by the others what it goes on from. */

import type { Takeover } from "@neverstale/server/store";
import type { SqlStatement } from "../database.ts";
import type { Names } from "../names.ts";
import type { Stored } from "./commit.ts";
import { FACTS, IS_DURABLE, isNewest } from "./fence.ts";
import { Parameters } from "./parameters.ts";

/** The entry comes behind the one that its node has applied last, where that is the newest one (rule L1). */
export function takeoverStatement(names: Names, takeover: Takeover): SqlStatement<Stored> {
  const { epoch, address, model, at, ageAt, after } = takeover;
  const parameters = new Parameters();
  const given = [
    parameters.add("text", epoch),
    parameters.add("double precision", at),
    parameters.add("double precision", ageAt),
    parameters.add("text", address),
    parameters.add("bigint", model),
  ];
  const before =
    after === null
      ? `SELECT 1, NULL::text, ${given.join(", ")}, 0, 0, 0, 0, 0, 1
         WHERE NOT EXISTS (SELECT 1 FROM ${names.chain}) AND ${IS_DURABLE}`
      : `SELECT sequence + 1, term, ${given.join(", ")}, 0, 0, total_changes, total_chars, history_position, next_space_id
         FROM ${names.chain}
         WHERE sequence = ${parameters.add("bigint", after.sequence)} AND ${isNewest(names, after, parameters)} AND ${IS_DURABLE}`;
  return parameters.statement(`WITH entry AS (
  INSERT INTO ${names.chain} (sequence, term_before, term, at, age_at, address, model, changes, chars, total_changes,
    total_chars, history_position, next_space_id)
  ${before}
  RETURNING sequence, term),
begun AS (INSERT INTO ${names.epochs} (sequence, epoch) SELECT sequence, term FROM entry)
SELECT (SELECT count(*) FROM entry) AS stored, ${FACTS}`);
}

/** These are the numbers from which a writer goes on. `log_*` counts what is kept of the chain. */
export interface WriterNumbers {
  readonly start: number;
  readonly total_changes: number;
  readonly total_chars: number;
  readonly next_space_id: number;
  /** So much was counted before the oldest entry that is kept whole. */
  readonly base_changes: number;
  readonly base_chars: number;
  readonly history_rows: number;
  readonly history_chars: number;
}

export function writerNumbers(names: Names): SqlStatement<WriterNumbers> {
  const oldest = `(SELECT sequence FROM ${names.chain} WHERE sequence > k.start ORDER BY sequence LIMIT 1)`;
  return {
    text: `SELECT k.start, n.total_changes, n.total_chars, n.next_space_id,
  o.total_changes - o.changes AS base_changes, o.total_chars - o.chars AS base_chars,
  (SELECT count(*) FROM ${names.history}) AS history_rows,
  (SELECT coalesce(sum(chars), 0)::bigint FROM ${names.history}) AS history_chars
FROM ${names.kept} k
JOIN ${names.chain} n ON n.sequence = (SELECT max(sequence) FROM ${names.chain})
JOIN ${names.chain} o ON o.sequence = ${oldest}`,
    values: [],
  };
}

export interface SpaceNumbers {
  readonly space_id: number;
  readonly name: string;
  readonly creation_id: string;
  readonly head: number;
}

export function spaceNumbers(names: Names): SqlStatement<SpaceNumbers> {
  return {
    text: `SELECT s.space_id, s.name, s.creation_id, greatest(s.folded_version,
  (SELECT max(m.last_version) FROM ${names.moves} m WHERE m.space_id = s.space_id)) AS head
FROM ${names.spaces} s WHERE NOT EXISTS (SELECT 1 FROM ${names.ended} e WHERE e.space_id = s.space_id)`,
    values: [],
  };
}

export interface OwnerNumbers {
  readonly owner: string;
  readonly count: number;
  readonly chars: number;
}

export function ownerNumbers(names: Names): SqlStatement<OwnerNumbers> {
  return {
    text: `SELECT owner, count(*) AS count, sum(chars)::bigint AS chars FROM ${names.answers} GROUP BY owner`,
    values: [],
  };
}
