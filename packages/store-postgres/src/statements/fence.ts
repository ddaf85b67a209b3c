/** The fence is the condition under which a writer may write, as SQL. */

import type { ChainHead } from "@neverstale/server/store";
import type { Names } from "../names.ts";
import type { Parameters } from "./parameters.ts";

/**
 * An acknowledged commit would not outlive the machine where one of these is `off`. A pooler may hand out another session for
 * each statement, so each statement that commits looks for itself. A compatible database that has no such setting is always safe.
 */
export const IS_DURABLE =
  "coalesce(current_setting('fsync', true), 'on') <> 'off' AND coalesce(current_setting('synchronous_commit', true), 'on') <> 'off'";

/** These columns of an answer say whether the session was as it must be. */
export const FACTS =
  "coalesce(current_setting('fsync', true), 'on') AS fsync, coalesce(current_setting('synchronous_commit', true), 'on') AS synchronous_commit";

export interface Facts {
  readonly fsync: string;
  readonly synchronous_commit: string;
}

/** The entry is the newest one. */
export function isNewest(names: Names, head: ChainHead, parameters: Parameters): string {
  const sequence = parameters.add("bigint", head.sequence);
  const term = parameters.add("text", head.term);
  return `EXISTS (SELECT 1 FROM ${names.chain} WHERE sequence = ${sequence} AND term = ${term})
    AND NOT EXISTS (SELECT 1 FROM ${names.chain} WHERE sequence > ${sequence})`;
}

/** The entry stands in the chain, and its term is the newest one. */
export function isInNewestTerm(names: Names, head: ChainHead, parameters: Parameters): string {
  const sequence = parameters.add("bigint", head.sequence);
  const term = parameters.add("text", head.term);
  return `EXISTS (SELECT 1 FROM ${names.chain} WHERE sequence = ${sequence} AND term = ${term})
    AND (SELECT term FROM ${names.chain} ORDER BY sequence DESC LIMIT 1) = ${term}`;
}
