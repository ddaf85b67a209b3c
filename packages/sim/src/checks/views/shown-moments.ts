/** The second way to find what a view shows of a moment goes by the state alone (promise P11). */

import type { StateRecord } from "@neverstale/protocol";
import { GRANTS, type RoleName, SHOWN_BY_ROLE, type ViewName } from "../../plan/views/views.ts";
import { type HistoryMoment, NO_RECORDS, type OracleState } from "../history.ts";

const found = new WeakMap<HistoryMoment, Map<ViewName, OracleState>>();

/** Records that are shown as they were are the same objects, so that they are compared once. */
const trimmed = new WeakMap<StateRecord, Map<string, StateRecord>>();

export function shownAt(moment: HistoryMoment, view: ViewName): OracleState {
  if (view === "everything") return moment.state;
  const known = found.get(moment) ?? new Map<ViewName, OracleState>();
  found.set(moment, known);
  const before = known.get(view);
  if (before !== undefined) return before;
  const shown: Record<string, Map<string, StateRecord>> = {};
  for (const [name, records] of Object.entries(moment.state)) {
    const seen = new Map<string, StateRecord>();
    for (const [id, record] of records) {
      const fields = fieldsShown(moment, view, name, record);
      if (fields !== null) seen.set(id, trim(record, fields));
    }
    shown[name] = seen;
  }
  known.set(view, shown);
  return shown;
}

/** It returns the names of the fields, "*" for all of them, or null where the record is hidden. */
export function fieldsShown(moment: HistoryMoment, view: ViewName, name: string, record: StateRecord): string | null {
  if (view === "everything") return "*";
  const grants: Readonly<Record<string, RoleName>> = GRANTS[view];
  let fields: string[] | null = null;
  for (const key of keysOf(moment, name, record)) {
    const role = Object.hasOwn(grants, key) ? grants[key] : undefined;
    const shown = role === undefined ? undefined : SHOWN_BY_ROLE[role][name];
    if (shown === "*") return "*";
    if (shown !== undefined) fields = [...(fields ?? []), ...shown];
  }
  return fields === null ? null : [...new Set(fields)].sort().join();
}

function keysOf({ state, keysBy }: HistoryMoment, name: string, record: StateRecord): string[] {
  if (name === "events" || name === "alarms") return ["*"];
  if (name !== "hosts" && name !== "metrics") return [];
  const host = name === "hosts" ? record : (state.hosts ?? NO_RECORDS).get(record.id);
  if (host === undefined) return [];
  const number = keysBy === 0 ? host.cpu : host.name;
  return [...(typeof number === "number" ? [`cpu:${number % 3}`] : []), ...("tags" in host ? ["tagged"] : [])];
}

function trim(record: StateRecord, fields: string): StateRecord {
  if (fields === "*") return record;
  const known = trimmed.get(record) ?? new Map<string, StateRecord>();
  trimmed.set(record, known);
  let shown = known.get(fields);
  if (shown === undefined) {
    const names = ["id", ...fields.split(",")];
    shown = Object.fromEntries(Object.entries(record).filter(([field]) => names.includes(field))) as StateRecord;
    known.set(fields, shown);
  }
  return shown;
}
