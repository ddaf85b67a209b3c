/** CSV is written by RFC 4180, in a way that no spreadsheet takes a cell for a formula. */

export type CsvCell = string | number | boolean | null | undefined;

/** Agents and people chose some of these texts, and a spreadsheet would carry out what begins like this. */
const FORMULA = /^[=+\-@\t\r]/;

export function csvLine(cells: readonly CsvCell[]): string {
  return `${cells.map(cellText).join(",")}\r\n`;
}

function cellText(cell: CsvCell): string {
  if (cell === null || cell === undefined) return "";
  if (typeof cell !== "string") return String(cell);
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}
