import { chunkId, type OutputChunk } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { BLOCK_LINES, EMPTY_SCROLLBACK, MAX_BLOCKS, readChunks, type Scrollback } from "./scrollback.ts";

function chunk(offset: number, text: string, bytes = new TextEncoder().encode(text).length): OutputChunk {
  return { id: chunkId(offset), offset, bytes, text, at: "2026-01-01T00:00:00.000Z" };
}

function shown(scrollback: Scrollback): string[] {
  const lines = [...scrollback.blocks.flatMap((block) => block.lines), scrollback.terminal.open];
  return lines.map((line) => line.map((segment) => segment.text).join(""));
}

test("chunks are read once each and in the order of their offsets", () => {
  const first = readChunks(EMPTY_SCROLLBACK, [chunk(4, "two\nthr"), chunk(0, "one\n")]);
  const second = readChunks(first, [chunk(0, "one\n"), chunk(4, "two\nthr"), chunk(11, "ee\n")]);

  expect(shown(second)).toEqual(["one", "two", "three", ""]);
  expect(second.cutAtStart).toBe(false);
});

test("nothing new gives the same value", () => {
  const first = readChunks(EMPTY_SCROLLBACK, [chunk(0, "one\n")]);
  expect(readChunks(first, [chunk(0, "one\n")])).toBe(first);
});

test("a page that comes late says that the beginning is missing", () => {
  expect(readChunks(EMPTY_SCROLLBACK, [chunk(4_096, "late\n")]).cutAtStart).toBe(true);
});

test("a hole is told, with its size, and colours don't reach across it", () => {
  const first = readChunks(EMPTY_SCROLLBACK, [chunk(0, "\x1b[31mred\ncut of")]);
  const second = readChunks(first, [chunk(2_015, "after\n")]);

  expect(shown(second)).toEqual(["red", "cut of", "[2,000 bytes are not shown here]", "after", ""]);
  expect(second.blocks[0]?.lines[3]?.[0]?.className).toBe("");
});

test("the page holds a bounded number of lines, and says so", () => {
  const lines = "x\n".repeat(BLOCK_LINES * MAX_BLOCKS + 250);
  const scrollback = readChunks(EMPTY_SCROLLBACK, [chunk(0, lines)]);

  expect(scrollback.blocks).toHaveLength(MAX_BLOCKS);
  expect(scrollback.cutAtStart).toBe(true);
  expect(scrollback.lineCount).toBe(BLOCK_LINES * MAX_BLOCKS + 250);
});

test("a new line leaves the other blocks as they are", () => {
  const first = readChunks(EMPTY_SCROLLBACK, [chunk(0, "x\n".repeat(BLOCK_LINES * 2 + 1))]);
  const second = readChunks(first, [chunk(BLOCK_LINES * 4 + 2, "y\n")]);

  expect(second.blocks.slice(0, 2)).toEqual(first.blocks.slice(0, 2));
  expect(second.blocks[0]).toBe(first.blocks[0]);
  expect(second.blocks[2]).not.toBe(first.blocks[2]);
});
