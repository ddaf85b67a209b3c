import type { Host, Metrics } from "@neverstale/fleet-domain";
import { labelOf } from "@neverstale/fleet-domain/schema-free";
import type { Sort } from "../state/place.ts";
import { hostStatus } from "./host-filter.ts";

export const HOST_COLUMNS = ["name", "status", "cpu", "ram", "disk", "load", "seen"] as const;
export type HostColumn = (typeof HOST_COLUMNS)[number];

export interface HostRow {
  readonly host: Host;
  readonly metrics: Metrics | undefined;
}

const NAMES = new Intl.Collator("en", { numeric: true });

/** The rows in the order that was asked for; equal ones by name, so that the order is always a whole one. */
export function sortHosts(rows: readonly HostRow[], sort: Sort<HostColumn> | null): readonly HostRow[] {
  const column = sort?.column ?? "name";
  const sign = sort?.descending === true ? -1 : 1;
  return rows.toSorted((a, b) => compare(a, b, column) * sign || byName(a, b));
}

function compare(a: HostRow, b: HostRow, column: HostColumn): number {
  if (column === "name") return byName(a, b);
  if (column === "status") return STATUS_ORDER[hostStatus(a.host)] - STATUS_ORDER[hostStatus(b.host)];
  if (column === "seen") return (a.metrics?.lastSeenAt ?? "").localeCompare(b.metrics?.lastSeenAt ?? "");
  return measure(a, column) - measure(b, column);
}

const STATUS_ORDER = { offline: 0, busy: 1, ready: 2 } as const;

/** What is not known sorts below every number. */
function measure(row: HostRow, column: "cpu" | "ram" | "disk" | "load"): number {
  return row.metrics?.[column === "load" ? "load1" : column] ?? -1;
}

function byName(a: HostRow, b: HostRow): number {
  return NAMES.compare(labelOf(a.host), labelOf(b.host)) || NAMES.compare(a.host.id, b.host.id);
}

/** The rows as they were ordered before, new ones behind them: for while somebody points at one of them. */
export function keepOrder(rows: readonly HostRow[], before: readonly string[]): readonly HostRow[] {
  const place = new Map(before.map((id, index) => [id, index]));
  const at = (row: HostRow) => place.get(row.host.id) ?? before.length;
  return rows.toSorted((a, b) => at(a) - at(b));
}
