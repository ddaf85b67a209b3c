/** Hosts are sorted by a column of their table. Equal ones are sorted by name, so that there is always one order. */

import type { Host } from "@neverstale/fleet-domain";
import { hostStatus, labelOf } from "@neverstale/fleet-domain/schema-free";
import type { Sort } from "../../state/place.ts";
import type { HostRow } from "./host-rows.ts";

/** It compares two rows. Without a sort they are in the order of their names. */
export function rowOrder(sort: Sort<HostColumn> | null): (a: HostRow, b: HostRow) => number {
  const column = sort?.column ?? "name";
  const sign = sort?.descending === true ? -1 : 1;
  return (a, b) => compare(a, b, column) * sign || byName(a, b);
}

const MEASURES = { cpu: "cpu", ram: "ram", swap: "swap", disk: "disk", load: "load1", up: "uptimeS" } as const;
const TEXTS = { os: "os", version: "agentVersion", location: "location" } as const;
type Measure = keyof typeof MEASURES;
type Text = keyof typeof TEXTS;

export const HOST_COLUMNS = [
  "name",
  "status",
  "cpu",
  "ram",
  "swap",
  "disk",
  "load",
  "checks",
  "seen",
  "up",
  "os",
  "version",
  "location",
] as const;
export type HostColumn = (typeof HOST_COLUMNS)[number];

const NAMES = new Intl.Collator("en", { numeric: true });

function compare(a: HostRow, b: HostRow, column: HostColumn): number {
  if (column === "name") return byName(a, b);
  if (column === "status") return STATUS_ORDER[hostStatus(a.host)] - STATUS_ORDER[hostStatus(b.host)];
  if (column === "checks") return wellness(a.host) - wellness(b.host);
  if (column === "seen") return plain(a.metrics?.lastSeenAt ?? "", b.metrics?.lastSeenAt ?? "");
  if (isText(column)) return NAMES.compare(a.host[TEXTS[column]] ?? "", b.host[TEXTS[column]] ?? "");
  return measure(a, column) - measure(b, column);
}

const STATUS_ORDER = { offline: 0, busy: 1, ready: 2 } as const;

function isText(column: Measure | Text): column is Text {
  return column in TEXTS;
}

/** Times are texts of one form, so they are in order as they are written. */
function plain(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Hosts with most checks that are not well come first. */
function wellness(host: Host): number {
  return -notWell(host);
}

export function notWell({ checks }: Host): number {
  return Object.values(checks).filter(({ status }) => status !== "ok").length;
}

/** A value that is not known sorts below every number. */
function measure(row: HostRow, column: Measure): number {
  return row.metrics?.[MEASURES[column]] ?? -1;
}

function byName(a: HostRow, b: HostRow): number {
  const one = a.nameKey === undefined ? nameKeyOf(a.host) : a.nameKey;
  const other = b.nameKey === undefined ? nameKeyOf(b.host) : b.nameKey;
  if (one !== null && other !== null && one !== other) return one < other ? -1 : 1;
  return NAMES.compare(labelOf(a.host), labelOf(b.host)) || NAMES.compare(a.host.id, b.host.id);
}

/**
 * Comparing by the rules of a language takes long, so it is done for names that need it. The keys of plain names are in the same order
 * as such names: letters in one case, and numbers of one length. Null stands for another name.
 */
export function nameKeyOf(host: Host): string | null {
  let key = NAME_KEYS.get(host);
  if (key === undefined) {
    const label = labelOf(host);
    key = PLAIN_NAME.test(label)
      ? label.toLowerCase().replaceAll(/\d+/g, (digits) => digits.padStart(LONGEST_NUMBER, "0"))
      : null;
    NAME_KEYS.set(host, key);
  }
  return key;
}

const LONGEST_NUMBER = 12;
const PLAIN_NAME = /^(?!.*\d{13})[a-z0-9.-]+$/i;
const NAME_KEYS = new WeakMap<Host, string | null>();

/** The hosts stay as they were ordered before, and new ones come behind them: somebody points at one of them. */
export function keepOrder(ids: readonly string[], before: readonly string[]): readonly string[] {
  const left = new Set(ids);
  const kept = before.filter((id) => left.delete(id));
  return [...kept, ...left];
}
