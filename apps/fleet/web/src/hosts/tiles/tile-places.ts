/** Tiles stand in rows from left to right. This says which tile is where, and which of them are in sight. */

/** A tile and the gap behind it take so many pixels. */
export const TILE_STEP = 18;
export const TILE_SIZE = 14;

export interface TileView {
  readonly width: number;
  readonly height: number;
  readonly scrollTop: number;
}

export function tilesInRow(width: number): number {
  return Math.max(1, Math.floor(width / TILE_STEP));
}

export function tilesHeight(count: number, width: number): number {
  return Math.ceil(count / tilesInRow(width)) * TILE_STEP;
}

/** It returns the index of the first tile in sight, and that behind the last one. */
export function tilesInSight(count: number, { width, height, scrollTop }: TileView): readonly [number, number] {
  const perRow = tilesInRow(width);
  const first = Math.floor(scrollTop / TILE_STEP) * perRow;
  const last = Math.ceil((scrollTop + height) / TILE_STEP) * perRow;
  return [Math.max(0, Math.min(first, count)), Math.min(count, last)];
}

/** It returns where the tile stands in the part that is in sight. */
export function tilePlace(index: number, { width, scrollTop }: TileView): { readonly x: number; readonly y: number } {
  const perRow = tilesInRow(width);
  return { x: (index % perRow) * TILE_STEP, y: Math.floor(index / perRow) * TILE_STEP - scrollTop };
}

/** Null means that no tile is there. The gap between two tiles belongs to the one before it. */
export function tileAt(x: number, y: number, count: number, { width, scrollTop }: TileView): number | null {
  const perRow = tilesInRow(width);
  const column = Math.floor(x / TILE_STEP);
  const index = Math.floor((y + scrollTop) / TILE_STEP) * perRow + column;
  return x < 0 || column >= perRow || index < 0 || index >= count ? null : index;
}

/** The keys that move go to a neighbour, to the ends of all tiles, or by as many rows as are in sight. Null stands for other keys. */
export function nextTile(key: string, from: number, count: number, { width, height }: TileView): number | null {
  const perRow = tilesInRow(width);
  const page = Math.max(1, Math.floor(height / TILE_STEP) - 1) * perRow;
  const steps: Readonly<Record<string, number>> = {
    ...{ ArrowRight: 1, ArrowLeft: -1, ArrowDown: perRow, ArrowUp: -perRow },
    ...{ PageDown: page, PageUp: -page, Home: -count, End: count },
  };
  const step = steps[key];
  if (step === undefined) return null;
  const next = from + step;
  if (key.startsWith("Arrow") && (next < 0 || next >= count)) return from;
  return Math.max(0, Math.min(count - 1, next));
}

/** It returns how far the view must be scrolled to show the tile. */
export function scrolledTo(index: number, { width, height, scrollTop }: TileView): number {
  const top = Math.floor(index / tilesInRow(width)) * TILE_STEP;
  if (top < scrollTop) return top;
  return top + TILE_STEP > scrollTop + height ? top + TILE_STEP - height : scrollTop;
}
