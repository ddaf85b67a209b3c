import fc from "fast-check";
import { expect, test } from "vitest";
import { EMPTY_TERMINAL, feed, MAX_LINE, MAX_SEGMENTS, type Terminal, type TerminalLine } from "./terminal.ts";

function read(...pieces: readonly string[]): { lines: readonly TerminalLine[]; terminal: Terminal } {
  let terminal = EMPTY_TERMINAL;
  const lines: TerminalLine[] = [];
  for (const piece of pieces) {
    const read = feed(terminal, piece);
    terminal = read.terminal;
    lines.push(...read.lines);
  }
  return { lines: [...lines, terminal.open], terminal };
}

const text = (lines: readonly TerminalLine[]) => lines.map((line) => line.map((segment) => segment.text).join(""));
const first = (...pieces: readonly string[]) => read(...pieces).lines[0];

test("plain lines come out as they are", () => {
  expect(text(read("one\ntwo\tthree\r\n\nlast").lines)).toEqual(["one", "two\tthree", "", "last"]);
});

test("colours and weights become class names and reach over line ends", () => {
  const { lines } = read("\x1b[1;31mred\nstill\x1b[0m plain \x1b[92;44mon blue");

  expect(lines[0]).toEqual([{ text: "red", className: "t-red t-bold" }]);
  expect(lines[1]).toEqual([
    { text: "still", className: "t-red t-bold" },
    { text: " plain ", className: "" },
    { text: "on blue", className: "t-bright-green t-on-blue" },
  ]);
});

test("colours of the large palettes become the nearest named one", () => {
  expect(first("\x1b[38;5;196mx")).toEqual([{ text: "x", className: "t-bright-red" }]);
  expect(first("\x1b[38;2;0;120;0mx")).toEqual([{ text: "x", className: "t-green" }]);
  expect(first("\x1b[38;5;244mx")).toEqual([{ text: "x", className: "t-white" }]);
  expect(first("\x1b[48:5:9mx")).toEqual([{ text: "x", className: "t-on-bright-red" }]);
});

test("reverse swaps ink and ground", () => {
  expect(first("\x1b[7mx")).toEqual([{ text: "x", className: "t-ground t-on-ink" }]);
});

test("a carriage return starts the line again, one before a line end does not", () => {
  expect(text(read("10%\r50%\r100%\r\ndone").lines)).toEqual(["100%", "done"]);
  expect(text(read("10%\r", "\ndone").lines)).toEqual(["10%", "done"]);
  expect(text(read("10%\r", "20%").lines)).toEqual(["20%"]);
});

test("[C36] titles, links, clipboard writes, cursor movement and controls are dropped", () => {
  const hostile = [
    "\x1b]0;owned\x07",
    "\x1b]52;c;ZXZpbA==\x1b\\",
    "\x1b]8;;javascript:alert(1)\x1b\\",
    "\x1bP1;2|payload\x1b\\",
    "\x1b_apc\x1b\\",
    "\x1b^pm\x1b\\",
    "\x1b[2J\x1b[10;10H\x1b[?25l\x1b[>4;2m",
    "\x9b31;1H",
    "\x1bc\x1b(B\x1b=",
    "\x00\x07\x08\x0b\x0c\x7f\x85\x9c",
  ].join("a");

  expect(text(read(hostile).lines)).toEqual(["aaaaaaaaa"]);
});

test("[C36] an unfinished title ends with its line", () => {
  expect(text(read("a\x1b]0;never ended\nb").lines)).toEqual(["a", "b"]);
});

test("a line has a greatest length, a run of styles too", () => {
  const { lines } = read("x".repeat(MAX_LINE * 3), `${"y".repeat(10)}\nnext`);
  expect(text(lines)[0]?.length).toBe(MAX_LINE);
  expect(text(lines)[1]).toBe("next");

  const colourful = read("\x1b[31ma\x1b[32mb".repeat(1_000)).lines[0];
  expect(colourful?.length).toBeLessThanOrEqual(400);
});

const CUTS = [
  ["a pair of surrogates", "😀"],
  ["an emoji of several", "👩‍👩‍👧‍👦"],
  ["a letter with its marks", "e\u0301\u0323"],
  ["a flag", "🇳🇴"],
] as const;

test.each(CUTS)("a line is cut beside %s, never within it, and says so", (_, cluster) => {
  for (let at = MAX_LINE - cluster.length - 2; at <= MAX_LINE; at += 1) {
    const line = `${"x".repeat(at)}${cluster}${"y".repeat(30)}`;

    const [shown = ""] = text(read(line).lines);
    const byUnit = text(read(...line.split(/(?<=[\s\S])/u)).lines)[0];

    const kept = shown.slice(0, -1);
    expect(shown.endsWith("…")).toBe(true);
    expect(shown.length).toBeLessThanOrEqual(MAX_LINE);
    expect(line.startsWith(kept)).toBe(true);
    expect(/^x*$/.test(kept) || kept.includes(cluster)).toBe(true);
    expect(byUnit).toBe(shown);
  }
});

test("a line that is exactly as long as lines get is whole; one that grows later says that something is missing", () => {
  const full = "x".repeat(MAX_LINE);

  expect(text(read(full).lines)).toEqual([full]);
  expect(text(read(full, "y").lines)).toEqual([`${"x".repeat(MAX_LINE - 1)}…`]);
  expect(text(read(full, "y", "z", "\nnext").lines)).toEqual([`${"x".repeat(MAX_LINE - 1)}…`, "next"]);
  expect(text(read(full, "y", "\rshort").lines)).toEqual(["short"]);
  expect(text(read(`e${"\u0301".repeat(MAX_LINE * 2)}`).lines)[0]).toHaveLength(MAX_LINE);
});

test("behind the last change of colour that is kept, text is plain", () => {
  const many = Array.from({ length: MAX_SEGMENTS * 2 }, (_, n) => `\x1b[${31 + (n % 2)}m${n % 10}`);

  const line = read(many.join("")).lines[0] ?? [];

  expect(line).toHaveLength(MAX_SEGMENTS);
  expect(line.at(-1)?.className).toBe("");
  expect(line.slice(0, -1).every((segment, n) => segment.className === (n % 2 === 0 ? "t-red" : "t-green"))).toBe(true);
  expect(text([line])[0]).toHaveLength(many.length);
  expect(read(...many).lines[0]).toEqual(line);
});

test("an escape sequence that never ends is given up, not kept for ever", () => {
  const { terminal } = read(`\x1b[${"1;".repeat(50_000)}`);
  expect(terminal.unfinished.length).toBeLessThan(5_000);
});

test("how the output was cut makes no difference", () => {
  const piece = fc.constantFrom(
    "text ",
    "\n",
    "\r\n",
    "\r",
    "\x1b[31m",
    "\x1b[0m",
    "\x1b]0;title\x07",
    "\x1b]8;;u\x1b\\",
    "\x1b[38;5;30m",
    "ü",
    "\x1b(B",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.array(fc.nat(60), { maxLength: 6 }), (pieces, cuts) => {
      const whole = pieces.join("");
      const places = [0, ...cuts.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b), whole.length];
      const cut = places.slice(1).map((end, index) => whole.slice(places[index], end));
      expect(read(...cut).lines).toEqual(read(whole).lines);
    }),
  );
});
