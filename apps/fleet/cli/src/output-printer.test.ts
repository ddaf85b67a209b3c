import type { OutputChunk } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { OutputPrinter } from "./output-printer.ts";

function chunk(offset: number, text: string): OutputChunk {
  return { id: String(offset), offset, bytes: text.length, text, at: "2026-01-01T00:00:00Z" };
}

function printer(options: { prefix: string; strip: boolean }) {
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

test("what was read whole goes on where the chunks ended", () => {
  const { printer: out, text } = printer({ prefix: "", strip: false });

  out.print([chunk(0, "a\n")]);
  out.printWhole("a\nb\n");
  out.printWhole("a\nb\n");

  expect(text()).toBe("a\nb\n");
});

test("a prefix stands before each line, also when a line comes in pieces", () => {
  const { printer: out, text } = printer({ prefix: "web | ", strip: false });

  out.print([chunk(0, "a")]);
  out.print([chunk(1, "b\nc\n")]);
  out.print([chunk(5, "d")]);
  out.end();

  expect(text()).toBe("web | ab\nweb | c\nweb | d\n");
});

test("what is not there any more is said, and what a terminal would obey is taken away", () => {
  const { printer: out, text } = printer({ prefix: "", strip: true });

  out.print([chunk(10, "\u001b[31mred\u0007\t\u009bx\r\n")]);

  expect(text()).toBe("[10 bytes before this are in the dashboard only]\n[31mred\tx\n");
});
