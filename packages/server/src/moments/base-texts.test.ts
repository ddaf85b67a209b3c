import { expect, test } from "vitest";
import { basePieces, MOST_PIECE_CHARS, PieceReader } from "./base-texts.ts";

const row = (id: string, text: string) => ({ collection: "hosts", id, version: 7, text: JSON.stringify({ id, text }) });

test("records come back from their pieces as they were, however long they are and wherever they are cut", () => {
  const texts = [
    "",
    "a\nb",
    "x".repeat(40_000),
    ...Array.from({ length: 40 }, (_, n) => `${"y".repeat(n)}${"😀".repeat(9_000)}`),
  ];
  const rows = texts.map((text, n) => row(`h${n}`, text));

  const pieces = [...basePieces(rows)];
  const reader = new PieceReader();
  const read = pieces.flatMap((piece) => reader.take(Buffer.from(piece, "utf8").toString("utf8")));

  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(MOST_PIECE_CHARS);
  expect(read).toEqual(rows);
  expect(reader.isWhole).toBe(true);
});

test("a text that ends within a record is not whole", () => {
  const [piece = ""] = basePieces([row("a", "text")]);
  const reader = new PieceReader();

  expect(reader.take(piece.slice(0, -3))).toEqual([]);
  expect(reader.isWhole).toBe(false);
});
