/** A table has its columns below each other, as wide as their widest cell. */

import { oneLine } from "./plain-text.ts";

/** Returns a line for each row, the head first. No cell commands the terminal (C36). */
export function columnLines(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const cells = [head, ...rows].map((row) => row.map(oneLine));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
