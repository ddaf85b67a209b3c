import fc from "fast-check";
import { expect, test } from "vitest";
import { EMPTY_TERMINAL, feed, type Terminal } from "./terminal.ts";
import { MAX_LINE, MAX_SEGMENTS, type TerminalLine } from "./terminal-line.ts";
import { textLookOf } from "./terminal-style.ts";

function read(...pieces: readonly string[]): { lines: readonly TerminalLine[]; terminal: Terminal } {
  let terminal = EMPTY_TERMINAL;
  const lines: TerminalLine[] = [];
  for (const piece of pieces) {
    const read = feed(terminal, piece);
    terminal = read.terminal;
    lines.push(...read.lines);
  }
  return { lines: [...lines, { segments: terminal.open.segments, goesOn: false }], terminal };
}

const text = (lines: readonly TerminalLine[]) =>
  lines.map(({ segments }) => segments.map((segment) => segment.text).join(""));
const shown = (...pieces: readonly string[]) => text(read(...pieces).lines);
/** It gives the texts of the first line with the class names that they get. */
const looks = (...pieces: readonly string[]) =>
  read(...pieces).lines[0]?.segments.map(({ text, style }) => [text, textLookOf(style).className]);

test("plain lines come out as they are", () => {
  expect(shown("one\ntwo\tthree\r\n\nlast")).toEqual(["one", "two\tthree", "", "last"]);
});

test("colours and weights become class names and reach over line ends", () => {
  const { lines } = read("\x1b[1;31mred\nstill\x1b[m plain \x1b[92mgreen");

  expect(lines.map(({ segments }) => segments.map(({ text, style }) => [text, textLookOf(style).className]))).toEqual([
    [["red", "t-red t-bold"]],
    [
      ["still", "t-red t-bold"],
      [" plain ", ""],
      ["green", "t-bright-green"],
    ],
  ]);
});

test("a line is overwritten by columns, as in a terminal", () => {
  expect(shown("abc\x1b[2D\x1b[K!\n")).toEqual(["a!", ""]);
  expect(shown("hello world\rHELLO\n")).toEqual(["HELLO world", ""]);
  expect(shown("|\b/\b-\b\\\bdone\n")).toEqual(["done", ""]);
  expect(shown("10%\r50%\r100%\r\ndone")).toEqual(["100%", "done"]);
  expect(shown("10%\r", "\ndone")).toEqual(["10%", "done"]);
  expect(shown("ab\x1b[3Cc\x1b[1Gx")).toEqual(["xb   c"]);
  expect(shown("abcdef\x1b[3D\x1b[1Kx")).toEqual(["   xef"]);
  expect(shown("gone\x1b[2K\rhere")).toEqual(["here"]);
  expect(shown("old text\r\x1b[Knew")).toEqual(["new"]);
  expect(shown("👩‍👩‍👧‍👦 e\u0301\b\bx\n")).toEqual(["👩‍👩‍👧‍👦xe\u0301", ""]);
  expect(looks("\x1b[31mred one\r\x1b[32mgre\x1b[0m")).toEqual([
    ["gre", "t-green"],
    [" one", "t-red"],
  ]);
});

test("a progress bar of 10,000 carriage returns shows its last state", () => {
  const bar = (percent: number) => `\r[${"█".repeat(percent / 2).padEnd(50)}] ${percent} %`;
  const states = Array.from({ length: 10_000 }, (_, at) => bar(Math.floor(at / 100)));

  const printed = `${states.join("")}${bar(100)}\ndone`;
  const pieces = printed.match(/[\s\S]{1,4000}/gu) ?? [];

  expect(shown(...pieces)).toEqual([bar(100).slice(1), "done"]);
});

test("VT, FF and NEL begin a new row of the same line", () => {
  const { lines } = read("a\vb\fc\x85d\x1bEe\nf");

  expect(text(lines)).toEqual(["a", "b", "c", "d", "e", "f"]);
  expect(lines.map(({ goesOn }) => goesOn)).toEqual([true, true, true, true, false, false]);
});

test("a colon binds to its parameter, and the colour of a line below the text takes its values with it", () => {
  expect(looks("\x1b[4:3mx")).toEqual([["x", "t-underline"]]);
  expect(looks("\x1b[4m\x1b[4:0mx")).toEqual([["x", ""]]);
  expect(looks("\x1b[58;5;3mx")).toEqual([["x", ""]]);
  expect(looks("\x1b[58;2;1;7;9mx")).toEqual([["x", ""]]);
  expect(looks("\x1b[58:2::1:7:9;31mx")).toEqual([["x", "t-red"]]);
  expect(looks("\x1b[38;5;2mx")).toEqual([["x", "t-green"]]);
  const style = (codes: string) => read(`\x1b[${codes}mx`).lines[0]?.segments[0]?.style;
  expect(style("38:2::10:20:30")).toBe("38;2;10;20;30");
  expect(style("38:2:10:20:30")).toBe("38;2;10;20;30");
  expect(style("48:5:9")).toBe("101");
  expect(style("38;5;196;1")).toBe("1;38;2;255;0;0");
  expect(style("7;31;27")).toBe("31");
  expect(style("31;0")).toBe("");
});

test("a link leads to a web page and nowhere else", () => {
  const link = (address: string) =>
    read(`\x1b]8;id=1;${address}\x1b\\text\x1b]8;;\x07 behind`).lines[0]?.segments.map((segment) => segment.link);

  expect(link("https://example.org/a?b=c")).toEqual(["https://example.org/a?b=c", null]);
  expect(link("HTTP://example.org")).toEqual(["http://example.org/", null]);
  for (const address of [
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "//x.org",
    "https://[",
    "ftp://a.b",
  ])
    expect(link(address)).toEqual([null]);
  expect(link(`https://x.org/${"a".repeat(3_000)}`)).toEqual([null]);
  expect(shown("\x1b]8;;https://a.org\x1b\\a", "\nb\x1b]8;;\x1b\\").length).toBe(2);
});

test("[C36] titles, clipboard writes, cursor movement and controls are dropped", () => {
  const hostile = [
    "\x1b]0;owned\x07",
    "\x1b]52;c;ZXZpbA==\x1b\\",
    "\x1b]8;;javascript:alert(1)\x1b\\",
    "\x1bP1;2|payload\x1b\\",
    "\x1b_apc\x1b\\",
    "\x1b^pm\x1b\\",
    "\x1b[2J\x1b[10;10H\x1b[?25l\x1b[>4;2m\x1b[5A",
    "\x9b31;1H",
    "\x1bc\x1b(B\x1b=",
    "\x00\x07\x7f\x9c",
  ].join("a");

  const { lines } = read(hostile);
  expect(text(lines)).toEqual(["aaaaaaaaa"]);
  expect(lines[0]?.segments).toEqual([{ text: "aaaaaaaaa", style: "", link: null }]);
});

test("[C36] an unfinished title ends with its line", () => {
  expect(shown("a\x1b]0;never ended\nb")).toEqual(["a", "b"]);
});

test("a line has a greatest length, a run of styles too", () => {
  const lines = shown("x".repeat(MAX_LINE * 3), `${"y".repeat(10)}\nnext`);
  expect(lines[0]?.length).toBe(MAX_LINE);
  expect(lines[1]).toBe("next");
  expect(shown("x\x1b[9999C\x1b[9999Cy")[0]?.length).toBeLessThanOrEqual(MAX_LINE + 1);

  const colourful = read("\x1b[31ma\x1b[32mb".repeat(1_000)).lines[0];
  expect(colourful?.segments.length).toBeLessThanOrEqual(400);
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

    const [whole = ""] = shown(line);
    const byUnit = shown(...line.split(/(?<=[\s\S])/u))[0];

    const kept = whole.slice(0, -1);
    expect(whole.endsWith("…")).toBe(true);
    expect(whole.length).toBeLessThanOrEqual(MAX_LINE);
    expect(line.startsWith(kept)).toBe(true);
    expect(/^x*$/.test(kept) || kept.includes(cluster)).toBe(true);
    expect(byUnit).toBe(whole);
  }
});

test("a line that is exactly as long as lines get is whole; one that grows later says that something is missing", () => {
  const full = "x".repeat(MAX_LINE);

  expect(shown(full)).toEqual([full]);
  expect(shown(full, "y")).toEqual([`${"x".repeat(MAX_LINE - 1)}…`]);
  expect(shown(full, "y", "z", "\nnext")).toEqual([`${"x".repeat(MAX_LINE - 1)}…`, "next"]);
  expect(shown(full, "y", "\rshort")).toEqual([`short${"x".repeat(MAX_LINE - 6)}…`]);
  expect(shown(full, "y", "\r\x1b[Kshort")).toEqual(["short"]);
  expect(shown(`e${"\u0301".repeat(MAX_LINE * 2)}`)[0]).toHaveLength(MAX_LINE);
});

test("behind the last change of colour that is kept, text is plain", () => {
  const many = Array.from({ length: MAX_SEGMENTS * 2 }, (_, n) => `\x1b[${31 + (n % 2)}m${n % 10}`);

  const segments = read(many.join("")).lines[0]?.segments ?? [];

  expect(segments).toHaveLength(MAX_SEGMENTS);
  expect(segments.at(-1)?.style).toBe("");
  expect(segments.slice(0, -1).every(({ style }, n) => style === (n % 2 === 0 ? "31" : "32"))).toBe(true);
  expect(segments.map((segment) => segment.text).join("")).toHaveLength(many.length);
  expect(read(...many).lines[0]?.segments).toEqual(segments);
});

test("an escape sequence that never ends is given up, not kept for ever", () => {
  const { terminal } = read(`\x1b[${"1;".repeat(50_000)}`);
  expect(terminal.unfinished.length).toBeLessThan(5_000);
});

test("how the output was cut makes no difference", () => {
  const piece = fc.oneof(
    fc.constantFrom("text ", "\n", "\r\n", "\r", "\b", "\v", "ü", "😀", "e\u0301", "👩‍👧", "\t"),
    fc.constantFrom("\x1b[31m", "\x1b[0m", "\x1b[38;5;30m", "\x1b[4:3;7m", "\x1b]0;title\x07", "\x1b(B"),
    fc.constantFrom("\x1b]8;;https://u.org\x1b\\", "\x1b]8;;\x07", "\x1b[K", "\x1b[1K", "\x1b[2K"),
    fc.constantFrom("\x1b[2C", "\x1b[3D", "\x1b[4G", "\x1b[D", "\u0301", "\u200d"),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 16 }), fc.array(fc.nat(80), { maxLength: 6 }), (pieces, cuts) => {
      const whole = pieces.join("");
      const places = [0, ...cuts.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b), whole.length];
      const cut = places
        .slice(1)
        .map((end, index) => whole.slice(places[index], end))
        .reduce<string[]>((all, part) => {
          // A chunk never ends within a character.
          const last = all.at(-1);
          if (last !== undefined && !last.isWellFormed()) all[all.length - 1] = last + part;
          else all.push(part);
          return all;
        }, []);
      expect(read(...cut).lines).toEqual(read(whole).lines);
    }),
    { numRuns: 500 },
  );
});
