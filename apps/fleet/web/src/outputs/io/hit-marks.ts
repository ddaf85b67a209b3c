/** Matches are marked by the browser's own highlights, which leave the elements as they are. */

import type { OutputMatch } from "@neverstale/fleet-domain";
import type { FindQuery } from "../find/find-in-output.ts";
import { matchesIn } from "../find/matches-in-row.ts";

/** Older browsers have no highlights. There the line of the current hit is marked as a whole. */
export function markHits(
  box: Element,
  {
    hits,
    current,
    query,
  }: { readonly hits: readonly OutputMatch[]; readonly current: OutputMatch | null; readonly query: FindQuery | null },
): void {
  if (!("highlights" in CSS)) return;
  const [all, now] = [new Highlight(), new Highlight()];
  if (query !== null)
    for (const hit of hits) {
      const row = box.querySelector(`[data-line="${hit.line}"]`);
      if (row === null) continue;
      for (const [start, end] of matchesIn(row.textContent, hit, query)) {
        const range = rangeIn(row, start, end);
        if (range !== null) (hit === current ? now : all).add(range);
      }
    }
  now.priority = 1;
  CSS.highlights.set("output-hit", all);
  CSS.highlights.set("output-hit-now", now);
}

export function unmarkHits(): void {
  if (!("highlights" in CSS)) return;
  CSS.highlights.delete("output-hit");
  CSS.highlights.delete("output-hit-now");
}

function rangeIn(row: Element, start: number, end: number): Range | null {
  const range = document.createRange();
  const texts = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
  let at = 0;
  let hasStart = false;
  for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
    const length = node.nodeValue?.length ?? 0;
    if (!hasStart && start < at + length) {
      range.setStart(node, start - at);
      hasStart = true;
    }
    if (hasStart && end <= at + length) {
      range.setEnd(node, end - at);
      return range;
    }
    at += length;
  }
  return null;
}
