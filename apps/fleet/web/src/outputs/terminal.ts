/** The terminal turns what a command printed, already decoded to text, into lines of styled segments. */

import { readTokens } from "@neverstale/fleet-domain/schema-free";

/**
 * Only colours and weights (SGR) are understood. Everything else that a terminal would obey is dropped: titles, links, clipboard
 * writes, cursor movement, C0 and C1 controls. A carriage return starts the line again, as a progress bar expects. Output arrives
 * in pieces that are cut anywhere, so an unfinished escape sequence waits for its rest.
 */
export function feed(
  terminal: Terminal,
  text: string,
): { readonly terminal: Terminal; readonly lines: readonly TerminalLine[] } {
  const { tokens, unfinished } = readTokens(terminal.unfinished, text);
  const writer = new Writer(terminal);
  for (const { kind, text, parameters } of tokens) {
    if (kind === "text") writer.print(text);
    else if (kind === "newline") writer.endLine();
    else if (kind === "return") writer.restart = true;
    else if (kind === "style") writer.style = restyle(writer.style, parameters);
  }
  return { terminal: { ...writer.rest(), unfinished }, lines: writer.lines };
}

interface Segment {
  readonly text: string;
  /** These are class names from output.css. Plain text has none. */
  readonly className: string;
}

export type TerminalLine = readonly Segment[];

/** This has to be known to read on. It is a value: `feed` returns the next one. */
export interface Terminal {
  readonly style: Style;
  readonly open: TerminalLine;
  /** The open line is replaced by the next text: a carriage return was read. */
  readonly restart: boolean;
  /** The open line is as long as lines get, and says so: nothing more is added to it. */
  readonly full: boolean;
  /** This is the beginning of an escape sequence whose end has not arrived. */
  readonly unfinished: string;
}

interface Style {
  readonly foreground: string | null;
  readonly background: string | null;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly strike: boolean;
  readonly inverse: boolean;
}

const PLAIN: Style = {
  foreground: null,
  background: null,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  strike: false,
  inverse: false,
};

export const EMPTY_TERMINAL: Terminal = { style: PLAIN, open: [], restart: false, full: false, unfinished: "" };

/** A line is cut after so many characters, and says so: one endless line must not freeze the page. */
export const MAX_LINE = 4_000;
/** A line has no more segments. What comes behind the last one that has a style is plain. */
export const MAX_SEGMENTS = 400;
/** A character as a person sees it is not cut, unless it is longer than this. Then it is cut between its code points. */
const MAX_CLUSTER = 64;

/** It gathers the lines of one `feed`, and lives no longer than that call. */
class Writer {
  readonly lines: TerminalLine[] = [];
  style: Style;
  restart: boolean;
  private open: Segment[];
  private width: number;
  private full: boolean;

  constructor(terminal: Terminal) {
    this.style = terminal.style;
    this.restart = terminal.restart;
    this.full = terminal.full;
    this.open = [...terminal.open];
    this.width = this.open.reduce((sum, segment) => sum + segment.text.length, 0);
  }

  print(text: string): void {
    if (this.restart) this.clear();
    if (this.full) return;
    const room = MAX_LINE - this.width;
    this.append(text.slice(0, room + 1), classesOf(this.style)); // One more than there is room for tells where to cut.
    if (text.length > room) this.cut();
  }

  endLine(): void {
    this.lines.push(this.open);
    this.clear();
  }

  rest(): Omit<Terminal, "unfinished"> {
    return { style: this.style, open: this.open, restart: this.restart, full: this.full };
  }

  private append(text: string, className: string): void {
    this.width += text.length;
    const last = this.open.at(-1);
    const shown = this.open.length >= MAX_SEGMENTS - 1 && className !== last?.className ? "" : className;
    if (last !== undefined && (last.className === shown || this.open.length >= MAX_SEGMENTS))
      this.open[this.open.length - 1] = { text: last.text + text, className: last.className };
    else this.open.push({ text, className: shown });
  }

  /** The line has grown beyond its limit: it ends between two characters, with a sign. */
  private cut(): void {
    const kept = lastBoundary(this.open.map((segment) => segment.text).join(""));
    while (this.width > kept) {
      const last = this.open.pop();
      if (last === undefined) break;
      this.width -= last.text.length;
      if (this.width < kept) this.append(last.text.slice(0, kept - this.width), last.className);
    }
    const last = this.open.pop() ?? { text: "", className: "" };
    this.open.push({ ...last, text: `${last.text}…` });
    this.full = true;
  }

  private clear(): void {
    this.open = [];
    this.width = 0;
    this.restart = false;
    this.full = false;
  }
}

/** It returns the last place before `MAX_LINE` at which a character ends: the sign goes there. Older browsers know code points only. */
function lastBoundary(line: string): number {
  const end = MAX_LINE - 1;
  const cluster = typeof Intl.Segmenter === "function" ? new Intl.Segmenter().segment(line).containing(end) : undefined;
  const start = cluster?.index ?? end;
  if (start > end - MAX_CLUSTER && start < end) return start;
  return isLowSurrogate(line.charCodeAt(end)) ? end - 1 : end;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

function restyle(before: Style, parameters: string): Style {
  if (parameters.length > 200 || /[<=>?]/.test(parameters)) return before;
  const numbers = parameters.split(/[;:]/).map(Number);
  let style = before;
  for (let index = 0; index < numbers.length; index += 1) {
    const number = numbers[index] ?? 0;
    if (number === 38 || number === 48) {
      const extended = extendedColour(numbers, index + 1);
      index += extended.used;
      style = { ...style, [number === 38 ? "foreground" : "background"]: extended.colour };
    } else {
      style = { ...style, ...attribute(number) };
    }
  }
  return style;
}

const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;

function attribute(number: number): Partial<Style> {
  if (number >= 30 && number <= 37) return { foreground: colourName(number - 30) };
  if (number >= 90 && number <= 97) return { foreground: colourName(number - 90 + 8) };
  if (number >= 40 && number <= 47) return { background: colourName(number - 40) };
  if (number >= 100 && number <= 107) return { background: colourName(number - 100 + 8) };
  return ATTRIBUTES.get(number) ?? {};
}

const ATTRIBUTES = new Map<number, Partial<Style>>([
  [0, PLAIN],
  [1, { bold: true }],
  [2, { dim: true }],
  [3, { italic: true }],
  [4, { underline: true }],
  [7, { inverse: true }],
  [9, { strike: true }],
  [22, { bold: false, dim: false }],
  [23, { italic: false }],
  [24, { underline: false }],
  [27, { inverse: false }],
  [29, { strike: false }],
  [39, { foreground: null }],
  [49, { background: null }],
]);

function colourName(index: number): string {
  return `${index >= 8 ? "bright-" : ""}${NAMES[index % 8]}`;
}

/** `5;n` and `2;r;g;b` become the nearest of the sixteen named colours, which can be read on light and on dark. */
function extendedColour(
  numbers: readonly number[],
  at: number,
): { readonly colour: string | null; readonly used: number } {
  if (numbers[at] === 5) return { colour: paletteColour(numbers[at + 1] ?? 0), used: 2 };
  if (numbers[at] === 2)
    return { colour: nearest(numbers[at + 1] ?? 0, numbers[at + 2] ?? 0, numbers[at + 3] ?? 0), used: 4 };
  return { colour: null, used: 1 };
}

function paletteColour(index: number): string | null {
  if (!(index >= 0 && index <= 255)) return null;
  if (index < 16) return colourName(index);
  if (index >= 232) return nearest((index - 232) * 10 + 8, (index - 232) * 10 + 8, (index - 232) * 10 + 8);
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
  const cube = index - 16;
  return nearest(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
}

function nearest(red: number, green: number, blue: number): string {
  const most = Math.max(red, green, blue);
  const bit = (value: number) => (value > most / 2 && value > 40 ? 1 : 0);
  const index = bit(red) + 2 * bit(green) + 4 * bit(blue);
  return colourName(index + (most > 200 || (index === 0 && most > 40) ? 8 : 0));
}

function classesOf(style: Style): string {
  const ink = style.inverse ? (style.background ?? "ground") : style.foreground;
  const ground = style.inverse ? (style.foreground ?? "ink") : style.background;
  const classes: string[] = [];
  if (ink !== null) classes.push(`t-${ink}`);
  if (ground !== null) classes.push(`t-on-${ground}`);
  if (style.bold) classes.push("t-bold");
  if (style.dim) classes.push("t-dim");
  if (style.italic) classes.push("t-italic");
  if (style.underline) classes.push("t-underline");
  if (style.strike) classes.push("t-strike");
  return classes.join(" ");
}
