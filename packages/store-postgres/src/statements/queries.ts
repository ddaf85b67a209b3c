/** Answers and history are looked up by these statements. */

import type { AnswerQuery, ChainHead, HistoryQuery, StoredAnswer, StoredHistoryRow } from "@neverstale/server/store";
import type { SqlStatement } from "../database.ts";
import type { Names } from "../names.ts";
import { isInNewestTerm } from "./fence.ts";
import { Parameters } from "./parameters.ts";

/** Where there is no answer, `key` is null. */
export interface FoundRow extends Omit<AnswerTableRow, "key"> {
  readonly is_newest: boolean;
  readonly age_at: number;
  readonly expired: number | null;
  readonly key: string | null;
}

/**
 * It shows, too, that the writer's term is the newest one and lost nothing (rule W4). The newest entry itself may be one that is being
 * committed meanwhile.
 */
export function answerStatement(names: Names, query: AnswerQuery, head: ChainHead): SqlStatement<FoundRow> {
  const parameters = new Parameters();
  const owner = parameters.add("text", query.owner);
  const newest = isInNewestTerm(names, head, parameters);
  return parameters.statement(`SELECT (${newest}) AS is_newest,
  (SELECT age_at FROM ${names.chain} ORDER BY sequence DESC LIMIT 1) AS age_at,
  (SELECT max(made_at) FROM ${names.expired} WHERE owner = ${owner} OR owner IS NULL) AS expired,
  a.key, a.owner, a.made_at, a.body_hash, a.at, a.version, a.answer
FROM ${names.kept} k LEFT JOIN ${names.answers} a ON a.key = ${parameters.add("text", query.key)}`);
}

export function answerOf(row: FoundRow): StoredAnswer | null {
  const { key } = row;
  return key === null ? null : storedAnswer({ ...row, key });
}

/** It is a row of the table of answers. */
export interface AnswerTableRow {
  readonly key: string;
  readonly owner: string;
  readonly made_at: number | null;
  readonly body_hash: string;
  readonly at: number;
  readonly version: number;
  readonly answer: string;
}

export function storedAnswer(row: AnswerTableRow): StoredAnswer {
  const { key, owner, made_at: madeAt, body_hash: bodyHash, at, version, answer } = row;
  return { key, owner, madeAt, bodyHash, at, version, answer };
}

export interface HistoryTableRow {
  readonly position: number;
  readonly space: string;
  readonly creation_id: string | null;
  readonly collection: string;
  readonly id: string;
  readonly version: number;
  readonly at: number;
  readonly text: string;
}

export function historyStatement(names: Names, query: HistoryQuery): SqlStatement<HistoryTableRow> {
  const { space, creationId, collection, after, before, limit } = query;
  const parameters = new Parameters();
  const conditions = [`h.space = ${parameters.add("text", space)}`];
  if (creationId !== undefined) conditions.push(`h.creation_id = ${parameters.add("text", creationId)}`);
  if (collection !== undefined) conditions.push(`h.collection = ${parameters.add("text", collection)}`);
  if (after !== undefined) conditions.push(`h.position > ${parameters.add("bigint", after)}`);
  if (before !== undefined) conditions.push(`h.position < ${parameters.add("bigint", before)}`);
  return parameters.statement(`SELECT h.position, h.space, h.creation_id, h.collection, h.id, h.version, h.at, h.text
FROM ${names.history} h
WHERE ${conditions.join(" AND ")} AND NOT EXISTS (
  SELECT 1 FROM ${names.ended} e WHERE e.creation_id = h.creation_id AND e.name = h.space)
ORDER BY h.position ${before === undefined ? "ASC" : "DESC"}
LIMIT ${parameters.add("bigint", Math.min(limit, Number.MAX_SAFE_INTEGER))}`);
}

export function historyRowOf(row: HistoryTableRow): StoredHistoryRow {
  const { position, space, creation_id: creationId, collection, id, version, at, text } = row;
  return { position, space, creationId, collection, id, version, at, text };
}
