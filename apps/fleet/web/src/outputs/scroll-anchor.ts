/** The row that somebody reads stays where it is on screen while rows come and go above it. */

export interface ScrollAnchor {
  readonly row: Element;
  /** It stands so many pixels below the upper edge of the box. */
  readonly top: number;
}

/** It returns the first row that is in sight. */
export function anchorIn(box: Element): ScrollAnchor | null {
  const edge = box.getBoundingClientRect().top;
  for (const block of box.querySelectorAll(".output-block")) {
    if (block.getBoundingClientRect().bottom <= edge) continue;
    for (const row of block.children) {
      const { top, bottom } = row.getBoundingClientRect();
      if (bottom > edge) return { row, top: top - edge };
    }
  }
  return null;
}

export function holdAnchor(box: Element, anchor: ScrollAnchor | null): void {
  if (anchor === null || !box.contains(anchor.row)) return;
  const moved = anchor.row.getBoundingClientRect().top - box.getBoundingClientRect().top - anchor.top;
  if (moved !== 0) box.scrollTop += moved;
}

/** It brings a row into the upper part of the box, without moving what is around the box. */
export function bringIntoSight(box: Element, row: Element): void {
  const { top, height } = box.getBoundingClientRect();
  box.scrollTop += row.getBoundingClientRect().top - top - height / 3;
}

/** It returns the number of the first line in sight, or 1. */
export function firstLineIn(box: Element): number {
  return Number(anchorIn(box)?.row.getAttribute("data-line") ?? 1);
}
