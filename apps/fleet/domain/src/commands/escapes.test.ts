import fc from "fast-check";
import { expect, test } from "vitest";
import { PlainText, readTokens } from "./escapes.ts";

test("plain text keeps lines and tabs, and loses every escape sequence whole", () => {
  const hostile = [
    "\x1b[1;31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\",
    "\x1bP1;2|payload\x1b\\",
    "\x1b[2J\x1b[10;10H\x1b[?25l",
    "\x9b31m",
    "\x1bc\x1b(B\x1b=",
    "\x00\x07\x08\x0b\x7f\x85",
    "\n\ttab\r\n",
  ].join("");

  expect(new PlainText().read(hostile)).toBe("redlink\n\ttab\r\n");
});

test("how the output was cut makes no difference to its plain text", () => {
  const piece = fc.constantFrom(
    "a ",
    "\n",
    "\r",
    "\x1b[31m",
    "\x1b]0;t\x07",
    "\x1b]8;;u\x1b\\",
    "ü",
    "😀",
    "\x1b(B",
    "\x9b1m",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.array(fc.nat(60), { maxLength: 6 }), (pieces, cuts) => {
      const whole = pieces.join("");
      const places = [0, ...cuts.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b), whole.length];
      const plain = new PlainText();

      const read = places.slice(1).map((end, index) => plain.read(whole.slice(places[index], end)));

      expect(read.join("")).toBe(new PlainText().read(whole));
    }),
  );
});

test.each(["\x9d", "\x1b]", "\x9b", "\x1b[", "\x1b[1;", "\x1b", "\x1b]x\x9b1", "\x90\x9d"])(
  "a megabyte of %j is read in time that grows with it, not with its square",
  (piece) => {
    const text = piece.repeat(1_000_000 / piece.length);

    expect(new PlainText().read(`${text}\nend`).endsWith("end")).toBe(true);
  },
);

test("what only looks like a colour is none", () => {
  const kinds = (text: string) => readTokens("", text).tokens.map(({ kind }) => kind);

  expect(kinds("\x1b[1;31m")).toEqual(["style"]);
  expect(kinds("\x1b[>4;2m")).toEqual(["other"]);
  expect(kinds("\x1b[?4m")).toEqual(["other"]);
  expect(kinds("\x1b[0 m")).toEqual(["other"]);
});

test("an escape sequence that never ends is given up, not kept for ever", () => {
  expect(readTokens("", `\x1b[${"1;".repeat(50_000)}`).unfinished.length).toBeLessThan(5_000);
});
