/** The columns that were chosen last are kept in this browser. */

import { keepText, keptText } from "../../../state/io/browser-memory.ts";

const KEY = "neverstale.hosts.columns";

export function keptColumns(): string {
  return keptText(KEY) ?? "";
}

export function keepColumns(columns: string): void {
  keepText(KEY, columns);
}
