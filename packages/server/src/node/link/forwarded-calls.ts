/** Calls that are forwarded in one turn of the event loop are one message: what they share is said once. */

import type { Change } from "@neverstale/protocol";
import type { TransactOptions } from "../../authority/transaction.ts";
import { type ChangeEntries, changeEntriesOf, changesOf } from "../../store/change-text.ts";
import { type ForwardedCall, type ForwardedLine, isLine } from "../node-link.ts";
import { isCount, isRecordOfUnknown } from "./entry-shape.ts";

/** The calls have the numbers from `id` on. */
export interface CallsSaid {
  readonly type: "calls";
  readonly id: number;
  readonly changes: ChangeEntries;
  /** They say the rest, of one call after the other. */
  readonly runs: readonly CallRun[];
}

type CallRun = ChangesRun | LineRun;
/** So many calls are the next of the changes, with these options. */
type ChangesRun = [count: number, options: TransactOptions];
/** It is one call, with all of it. */
type LineRun = [request: ForwardedLine["request"], caller: ForwardedLine["caller"]];

export function callsSaid(id: number, calls: readonly ForwardedCall[]): CallsSaid {
  const runs: CallRun[] = [];
  const changes: Change[] = [];
  for (const call of calls) {
    if (isLine(call)) {
      runs.push([call.request, call.caller]);
      continue;
    }
    changes.push(call.change);
    const last = runs.at(-1);
    if (last !== undefined && isOfChanges(last) && isEmpty(last[1]) && isEmpty(call.options)) last[0] += 1;
    else runs.push([1, call.options]);
  }
  return { type: "calls", id, changes: changeEntriesOf(changes, NO_RULES), runs };
}

/** It returns null for what are no calls. The writer judges what their changes and lines hold, and which options there are. */
export function callsIn(changes: unknown, runs: unknown): ForwardedCall[] | null {
  const asked = changesIn(changes);
  if (asked === null || !Array.isArray(runs)) return null;
  const calls: ForwardedCall[] = [];
  let taken = 0;
  for (const run of runs) {
    if (!Array.isArray(run) || !isRecordOfUnknown(run[1])) return null;
    if (isRecordOfUnknown(run[0])) {
      if (typeof run[1].user !== "string") return null;
      const [request, caller] = run as unknown as LineRun;
      calls.push({ request, caller });
      continue;
    }
    if (!isCount(run[0])) return null;
    const [count, options] = run as unknown as ChangesRun;
    const end = taken + count;
    if (end > asked.length) return null;
    for (; taken < end; taken += 1) calls.push({ change: asked[taken] as Change, options });
  }
  return taken === asked.length ? calls : null;
}

function isOfChanges(run: CallRun): run is ChangesRun {
  return typeof run[0] === "number";
}

function changesIn(entries: unknown): readonly Change[] | null {
  if (!Array.isArray(entries)) return null;
  try {
    const { changes } = changesOf(entries);
    return changes.every(isChange) ? changes : null;
  } catch {
    return null;
  }
}

function isChange(change: unknown): boolean {
  if (!isRecordOfUnknown(change)) return false;
  return typeof change.type === "string" && typeof change.target === "string" && isRecordOfUnknown(change.data);
}

function isEmpty(options: TransactOptions): boolean {
  for (const _ in options) return false;
  return true;
}

/** The writer says what each change type is, and not who asks. */
const NO_RULES = {};
