import fc from "fast-check";
import { expect, test } from "vitest";
import {
  addable,
  append,
  EMPTY_WINDOW,
  holdsLine,
  isWindowFull,
  type LoadedPiece,
  MAX_CHARS,
  MAX_ROWS,
  type OutputRow,
  type OutputWindow,
  openRow,
  prepend,
  windowBegin,
  windowEnd,
  windowOf,
  withoutEnd,
  withoutStart,
} from "./output-window.ts";

/** The texts follow each other from the beginning of an output on. */
function piecesOf(...texts: readonly string[]): LoadedPiece[] {
  let [offset, line] = [0, 1];
  return texts.map((text, index) => {
    const piece = {
      offset,
      bytes: new TextEncoder().encode(text).length,
      text,
      at: `2026-01-01T00:00:0${index % 10}.000Z`,
      line,
    };
    offset += piece.bytes;
    line += text.split("\n").length - 1;
    return piece;
  });
}

function rowsOf(window: OutputWindow): (OutputRow | null)[] {
  return [...window.flatMap((part) => part.rows), openRow(window)];
}

const shown = (window: OutputWindow) => rowsOf(window).map((row) => row?.segments.map(({ text }) => text).join(""));

test("rows have the numbers of their lines, and the times at which they began", () => {
  const window = windowOf(piecesOf("one\ntw", "o\nthree\vmore\n", "four"));

  expect(rowsOf(window).map((row) => [row?.segments[0]?.text, row?.line, row?.at?.slice(17, 19)])).toEqual([
    ["one", 1, "00"],
    ["two", 2, "00"],
    ["three", 3, "01"],
    ["more", null, "01"],
    ["four", 4, "02"],
  ]);
  expect([windowBegin(window), windowEnd(window)]).toEqual([0, 23]);
  expect([1, 4, 5].map((line) => holdsLine(window, line))).toEqual([true, true, false]);
  expect(openRow(EMPTY_WINDOW)).toBeNull();
});

test("a window that begins in the middle is the same once what stands before it has come", () => {
  const piece = fc.constantFrom(
    "text ",
    "a\n",
    "\r",
    "\x1b[31m",
    "\x1b[0m",
    "\n\n",
    "\x1b[",
    "32mx\n",
    "\v",
    "e\u0301",
  );
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 14 }), fc.nat(14), (texts, cut) => {
      const pieces = piecesOf(...texts);
      const whole = windowOf(pieces);
      const grown = prepend(windowOf(pieces.slice(cut)), pieces.slice(0, cut));

      expect(rowsOf(grown)).toEqual(rowsOf(whole));
      expect([windowBegin(grown), windowEnd(grown)]).toEqual([windowBegin(whole), windowEnd(whole)]);
    }),
    { numRuns: 300 },
  );
});

test("[B162] the window holds a bounded number of rows and of characters, at whichever end somebody reads", () => {
  const many = piecesOf(...Array.from({ length: 180 }, (_, at) => `${at}\n`.repeat(40)));
  const long = piecesOf(...Array.from({ length: 150 }, () => `${"x".repeat(3_999)}\n`));
  for (const [pieces, limit] of [
    [many, MAX_ROWS],
    [long, MAX_CHARS / 4_000],
  ] as const) {
    const whole = append(EMPTY_WINDOW, pieces);
    expect(isWindowFull(whole)).toBe(true);
    const [atEnd, atStart] = [withoutStart(whole), withoutEnd(whole)];
    expect(atEnd.at(-1)).toBe(whole.at(-1));
    expect(atStart[0]).toBe(whole[0]);
    for (const window of [atEnd, atStart]) {
      expect(rowsOf(window).length).toBeLessThanOrEqual(limit + 141); // A part has so many rows at most here.
      expect(rowsOf(window).length).toBeGreaterThan(limit * 0.8);
      expect(withoutStart(window)).toBe(window);
      expect(withoutEnd(window)).toBe(window);
      expect(isWindowFull(window)).toBe(false);
    }
  }
});

test("so much is added at once that what is in sight stays, whatever a program writes", () => {
  const dense = piecesOf(...Array.from({ length: 40 }, () => "\n".repeat(4_000)));
  const usual = piecesOf(...Array.from({ length: 200 }, (_, at) => `${at}\n`.repeat(70)));
  for (const pieces of [dense, usual]) {
    const inSight = windowOf(addable(pieces.slice(20), "first"));
    const older = addable(pieces.slice(0, 20), "last");
    const grown = withoutEnd(prepend(inSight, older));

    expect(older.at(-1)).toBe(pieces[19]);
    expect(grown.some((part) => part.first === inSight[0]?.first)).toBe(true);
  }
  expect(addable([], "last")).toEqual([]);
});

test("new rows leave the other parts as they are", () => {
  const pieces = piecesOf(...Array.from({ length: 30 }, () => "x\n".repeat(10)));
  const first = windowOf(pieces.slice(0, 25));

  const second = append(first, pieces.slice(25));

  expect(first.length).toBe(3);
  expect(second.slice(0, 2).every((part, at) => part === first[at])).toBe(true);
  expect(shown(second)).toEqual([...Array<string>(300).fill("x"), ""]);
});
