import { expect, test } from "vitest";
import {
  nextTile,
  scrolledTo,
  TILE_STEP,
  tileAt,
  tilePlace,
  tilesHeight,
  tilesInRow,
  tilesInSight,
} from "./tile-places.ts";

/** Ten tiles to a row, of which five rows are in sight, from the second one on. */
const VIEW = { width: 10 * TILE_STEP + 3, height: 5 * TILE_STEP, scrollTop: TILE_STEP };

test("only the tiles in sight are drawn, each at its place", () => {
  expect([tilesInRow(VIEW.width), tilesHeight(95, VIEW.width) / TILE_STEP]).toEqual([10, 10]);
  expect(tilesInSight(95, VIEW)).toEqual([10, 60]);
  expect(tilesInSight(13, VIEW)).toEqual([10, 13]);
  expect(tilesInSight(3, VIEW)).toEqual([3, 3]);
  expect(tilePlace(21, VIEW)).toEqual({ x: TILE_STEP, y: TILE_STEP });
});

test("a tile is found where it is drawn, and none beside the last one", () => {
  const found = (index: number) => {
    const { x, y } = tilePlace(index, VIEW);
    return tileAt(x + 1, y + 1, 95, VIEW);
  };

  expect([10, 37, 94].map(found)).toEqual([10, 37, 94]);
  expect([found(95), tileAt(10 * TILE_STEP + 1, 1, 95, VIEW), tileAt(-1, 1, 95, VIEW)]).toEqual([null, null, null]);
});

test("keys go to neighbours and stay at the ends", () => {
  const from = (index: number) => (key: string) => nextTile(key, index, 95, VIEW);

  expect(["ArrowRight", "ArrowDown", "ArrowUp", "PageDown", "Home", "End", "x"].map(from(12))).toEqual([
    ...[13, 22, 2, 52, 0, 94, null],
  ]);
  expect([from(0)("ArrowLeft"), from(3)("ArrowUp"), from(94)("ArrowRight"), from(90)("ArrowDown")]).toEqual([
    ...[0, 3, 94, 90],
  ]);
});

test("a tile that is out of sight is scrolled to, and no further", () => {
  expect([scrolledTo(0, VIEW), scrolledTo(30, VIEW), scrolledTo(94, VIEW)]).toEqual([0, TILE_STEP, 5 * TILE_STEP]);
});
