/** The hosts table has these columns. Which of them are shown stands in the address, else they are those that were chosen last. */

import type { HostColumn } from "../found/host-order.ts";

export interface TableColumn {
  readonly name: ColumnName;
  readonly word: string;
  /** The column's cells have the class `cell-<cell>`. */
  readonly cell: string;
  /** The table can be sorted by this. Null means that it can't. */
  readonly sortBy: HostColumn | null;
  readonly align: "start" | "end";
  /** The values that are most interesting stand at the end of the column's order. */
  readonly descendingFirst: boolean;
}

export type ColumnName = Exclude<HostColumn, "name"> | "tags";

/** The name comes before all of them, and is always shown. */
export const TABLE_COLUMNS: readonly TableColumn[] = [
  column("status", "Status"),
  column("cpu", "CPU", { descendingFirst: true }),
  column("ram", "Memory", { descendingFirst: true, cell: "memory" }),
  column("swap", "Swap", { descendingFirst: true }),
  column("disk", "Disk", { descendingFirst: true }),
  column("load", "Load", { descendingFirst: true, align: "end" }),
  column("checks", "Checks"),
  column("seen", "Last seen", { align: "end", cell: "last-seen" }),
  column("up", "Up for", { align: "end" }),
  column("os", "System"),
  column("version", "Agent"),
  column("location", "Location"),
  { ...column("status", "Tags"), name: "tags", cell: "tags", sortBy: null },
];

export const USUAL_COLUMNS: readonly ColumnName[] = ["status", "cpu", "ram", "disk", "load", "seen", "tags"];

function column(
  name: Exclude<ColumnName, "tags">,
  word: string,
  {
    descendingFirst = false,
    align = "start",
    cell = name,
  }: Partial<Pick<TableColumn, "descendingFirst" | "align" | "cell">> = {},
): TableColumn {
  return { name, word, cell, sortBy: name, align, descendingFirst };
}

/** It returns the columns that a text of the address or of this browser names, in the table's order. Null means that it names none. */
export function parseColumns(text: string): readonly TableColumn[] | null {
  const names = new Set(text.split(","));
  const named = TABLE_COLUMNS.filter(({ name }) => names.has(name));
  return named.length === 0 ? null : named;
}

/** The usual columns are an empty text, so that most addresses don't name any. */
export function formatColumns(names: ReadonlySet<ColumnName>): string {
  const shown = TABLE_COLUMNS.filter(({ name }) => names.has(name)).map(({ name }) => name);
  return shown.join() === USUAL_COLUMNS.join() ? "" : shown.join();
}

export function usualColumns(): readonly TableColumn[] {
  return TABLE_COLUMNS.filter(({ name }) => USUAL_COLUMNS.includes(name));
}
