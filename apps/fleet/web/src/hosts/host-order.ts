/** Hosts are sorted by a column of their table. Equal ones are sorted by name, so that there is always one order. */

import { hostStatus, labelOf } from "@neverstale/fleet-domain/schema-free";
import type { Sort } from "../state/place.ts";
import type { HostRow } from "./host-rows.ts";

/** Without a sort they are in the order of their names. */
export function sortHosts(rows: readonly HostRow[], sort: Sort<HostColumn> | null): readonly HostRow[] {
  const column = sort?.column ?? "name";
  const sign = sort?.descending === true ? -1 : 1;
  return rows.toSorted((a, b) => compare(a, b, column) * sign || byName(a, b));
}

export const HOST_COLUMNS = ["name", "status", "cpu", "ram", "disk", "load", "seen"] as const;
export type HostColumn = (typeof HOST_COLUMNS)[number];

const NAMES = new Intl.Collator("en", { numeric: true });

function compare(a: HostRow, b: HostRow, column: HostColumn): number {
  if (column === "name") return byName(a, b);
  if (column === "status") return STATUS_ORDER[hostStatus(a.host)] - STATUS_ORDER[hostStatus(b.host)];
  if (column === "seen") return (a.metrics?.lastSeenAt ?? "").localeCompare(b.metrics?.lastSeenAt ?? "");
  return measure(a, column) - measure(b, column);
}

const STATUS_ORDER = { offline: 0, busy: 1, ready: 2 } as const;

/** A value that is not known sorts below every number. */
function measure(row: HostRow, column: "cpu" | "ram" | "disk" | "load"): number {
  return row.metrics?.[column === "load" ? "load1" : column] ?? -1;
}

function byName(a: HostRow, b: HostRow): number {
  return NAMES.compare(labelOf(a.host), labelOf(b.host)) || NAMES.compare(a.host.id, b.host.id);
}

/** The rows stay as they were ordered before, and new ones come behind them: somebody points at one of them. */
export function keepOrder(rows: readonly HostRow[], before: readonly string[]): readonly HostRow[] {
  const place = new Map(before.map((id, index) => [id, index]));
  const at = (row: HostRow) => place.get(row.host.id) ?? before.length;
  return rows.toSorted((a, b) => at(a) - at(b));
}
