/** A chain page is as many entries of the chain as one answer may hold. */

import type { ChainEntry } from "./contract.ts";

/** Some 4 MiB: characters are UTF-16 code units. */
const PAGE_CHARS = 4 * 1_024 * 1_024;

/** It takes entries from the front, at least one, and reads no further than it has to. */
export function chainPage(entries: Iterable<ChainEntry>, limit: number): ChainEntry[] {
  const page: ChainEntry[] = [];
  let chars = 0;
  for (const entry of entries) {
    chars += charsIn(entry);
    if (page.length > 0 && chars > PAGE_CHARS) break;
    page.push(entry);
    if (page.length >= limit) break;
  }
  return page;
}

function charsIn(entry: ChainEntry): number {
  if (entry.type === "takeover") return 0;
  let chars = 0;
  for (const { changes } of entry.spaces) chars += changes?.length ?? 0;
  return chars;
}
