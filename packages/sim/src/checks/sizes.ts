/** Sizes are judged here: no group and no record is beyond a bound (rule S8). */

import type { JsonValue } from "@neverstale/protocol";
import type { Limits } from "@neverstale/server";
import type { HistoryMoment, OracleState } from "./history.ts";

/**
 * It tells what of a group is beyond a bound that the run has scaled down, or null when nothing is. A record that is too
 * large may have been there before, and become smaller.
 */
export function beyondSize(
  limits: Partial<Limits>,
  before: OracleState,
  moments: readonly HistoryMoment[],
  text: string,
): string | null {
  const { recordBytes, groupBytes, transactionBytes, transactionChanges } = limits;
  const bytes = encoder.encode(text).length;
  if (groupBytes !== undefined && transactionBytes !== undefined && bytes > groupBytes + transactionBytes + SLACK_BYTES)
    return `a group of ${bytes} bytes`;
  if (transactionChanges !== undefined && moments.length > 2 * transactionChanges)
    return `a group of ${moments.length} changes`;
  if (recordBytes === undefined) return null;
  let state = before;
  for (const moment of moments) {
    const grown = grownBeyond(state, moment.state, recordBytes);
    if (grown !== null) return grown;
    state = moment.state;
  }
  return null;
}

const encoder = new TextEncoder();

/** A group is stored with so many bytes beside the changes that are counted. */
const SLACK_BYTES = 1_024;

function grownBeyond(before: OracleState, after: OracleState, most: number): string | null {
  for (const [name, records] of Object.entries(after)) {
    if (records === before[name]) continue;
    for (const [id, record] of records) {
      const old = before[name]?.get(id);
      if (record === old) continue;
      const bytes = bytesOf(record);
      if (bytes > most && bytes > (old === undefined ? 0 : bytesOf(old))) return `${name}/${id} of ${bytes} bytes`;
    }
  }
  return null;
}

function bytesOf(value: JsonValue): number {
  return encoder.encode(JSON.stringify(value)).length;
}
