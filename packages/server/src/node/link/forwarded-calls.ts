/** Calls that are forwarded in one turn of the event loop are one message: what they share is said once. */

import type { Change } from "@neverstale/protocol";
import type { TransactOptions } from "../../authority/transaction.ts";
import { type ChangeEntries, changeEntriesOf, changesOf } from "../../store/change-text.ts";
import type { ForwardedCall } from "../node-link.ts";
import { isCount, isRecordOfUnknown } from "./entry-shape.ts";

/** The calls have the numbers from `id` on. */
export interface CallsSaid {
  readonly type: "calls";
  readonly id: number;
  readonly changes: ChangeEntries;
  /** They are those of so many calls, of the next so many, and so on. */
  readonly options: readonly OptionsRun[];
}

type OptionsRun = [count: number, options: TransactOptions];

export function callsSaid(id: number, calls: readonly ForwardedCall[]): CallsSaid {
  const options: OptionsRun[] = [];
  for (const call of calls) {
    const last = options.at(-1);
    if (last !== undefined && isEmpty(last[1]) && isEmpty(call.options)) last[0] += 1;
    else options.push([1, call.options]);
  }
  const changes = calls.map(({ change }) => change);
  return { type: "calls", id, changes: changeEntriesOf(changes, NO_RULES), options };
}

/** It returns null for what are no calls. The writer judges what their changes hold, and which options there are. */
export function callsIn(changes: unknown, options: unknown): ForwardedCall[] | null {
  const asked = changesIn(changes);
  if (asked === null || !Array.isArray(options)) return null;
  const calls: ForwardedCall[] = [];
  for (const run of options) {
    if (!Array.isArray(run) || !isCount(run[0]) || !isRecordOfUnknown(run[1])) return null;
    const [count, ofRun] = run as unknown as OptionsRun;
    const end = calls.length + count;
    if (end > asked.length) return null;
    for (let at = calls.length; at < end; at += 1) calls.push({ change: asked[at] as Change, options: ofRun });
  }
  return calls.length === asked.length ? calls : null;
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
