/** The columns that were chosen last are kept in this browser. */

const KEY = "neverstale.hosts.columns";

export function keptColumns(): string {
  return localStorage.getItem(KEY) ?? "";
}

export function keepColumns(columns: string): void {
  localStorage.setItem(KEY, columns);
}
