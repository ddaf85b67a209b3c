import type { OutputPieceLine } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { OutputPrinter, type PrinterOptions, piecesBehind } from "./output-printer.ts";

function chunk(offset: number, text: string): OutputPieceLine {
  return { offset, bytes: text.length, text, at: "2026-01-01T00:00:00Z" };
}

function printer(options: PrinterOptions) {
  const written: string[] = [];
  return { printer: new OutputPrinter((text) => written.push(text), options), text: () => written.join("") };
}

test("chunks are put out once, in the order of their offsets", () => {
  const { printer: out, text } = printer({ prefix: "", strip: false });

  out.print([chunk(2, "c\nd"), chunk(0, "a\n")]);
  out.print([chunk(5, "e"), chunk(0, "a\n"), chunk(2, "c\nd")]);
  out.end();

  expect(text()).toBe("a\nc\nde\n");
  expect(out.offset).toBe(6);
});

test("behind a hole nothing is put out until the hole is filled", () => {
  const { printer: out, text } = printer({ prefix: "", strip: false });

  expect(out.print([chunk(0, "a\n"), chunk(4, "c\n")])).toBe(false);
  const held = text();
  expect(out.print([chunk(2, "b\n"), chunk(4, "c\n")])).toBe(true);

  expect([held, text()]).toEqual(["a\n", "a\nb\nc\n"]);
});

test("of a piece that was cut at another place only what follows is put out", () => {
  expect(piecesBehind(3, [chunk(0, "ab"), chunk(2, "cde"), chunk(4, "ef"), chunk(2, "cde")])).toEqual([
    chunk(3, "de"),
    { ...chunk(5, "f"), offset: 5 },
  ]);
});

test("without colours a terminal of its own gets text and carriage returns only", () => {
  const { printer: out, text } = printer({ prefix: "", strip: true, colours: false });

  out.print([chunk(0, "\u001b[31mred\r\n")]);
  out.end();

  expect(text()).toBe("red\r\n");
});

test("a prefix stands before each line, also when a line comes in pieces", () => {
  const { printer: out, text } = printer({ prefix: "web | ", strip: false });

  out.print([chunk(0, "a")]);
  out.print([chunk(1, "b\nc\n")]);
  out.print([chunk(5, "d")]);
  out.end();

  expect(text()).toBe("web | ab\nweb | c\nweb | d\n");
});

test("[C36] on a terminal of its own colours and carriage returns stay, and nothing else that a terminal would obey", () => {
  const { printer: out, text } = printer({ prefix: "", strip: true });

  const first = "\u001b[31mred\u0007\t\u009b2Jx 10%\r20%\u001b]0;title";

  out.print([chunk(0, first), chunk(first.length, "\u0007\r\n")]);
  out.end();

  expect(text()).toBe("\u001b[31mred\tx 10%\r20%\r\n\u001b[0m");
});

test("[C36] on a terminal that several share, lines come whole, without colours, as they were written over", () => {
  const { printer: out, text } = printer({ prefix: "web | ", strip: true });
  const pieces = ["\u001b[3", "1mhello world\r", "HELLO\n", "10%\r100%\r\n", "\u001b[2Jopen", " end"];

  let offset = 0;
  for (const piece of pieces) {
    out.print([chunk(offset, piece)]);
    offset += piece.length;
  }
  out.end();

  expect(text()).toBe("web | HELLO world\nweb | 100%\nweb | open end\n");
});

test("a line that never ends is put out all the same", () => {
  const { printer: out, text } = printer({ prefix: "web | ", strip: true });

  for (let offset = 0; offset < 200_000; offset += 4_000) out.print([chunk(offset, "x".repeat(4_000))]);

  expect(text().length).toBeGreaterThan(100_000);
});

test("a prefix stands behind line ends only, also where output is not changed", () => {
  const { printer: out, text } = printer({ prefix: "web | ", strip: false });

  out.print([chunk(0, "a\r\nb\rc\u2028d\n")]);

  expect(text()).toBe("web | a\r\nweb | b\rc\u2028d\n");
});

test("what is not there any more is said, on a line of its own", () => {
  const { printer: out, text } = printer({ prefix: "web | ", strip: true });

  out.printAcross([chunk(0, "be"), chunk(12, "x\n")]);

  expect(text()).toBe("web | be\nweb | [10 bytes before this are not there any more]\nweb | x\n");
});
