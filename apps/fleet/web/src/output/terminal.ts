/**
 * Turns the bytes a command printed, already decoded to text, into lines of styled segments.
 *
 * Only colours and weights (SGR) are understood. Everything else a terminal would obey is dropped: titles, links,
 * clipboard writes, cursor movement, C0 and C1 controls. A carriage return starts the line again, as a progress bar
 * expects. Output arrives in pieces cut anywhere, so an unfinished escape sequence waits for its rest.
 */
export interface Segment {
  readonly text: string;
  /** Class names from output.css; empty for plain text. */
  readonly className: string;
}

export type Line = readonly Segment[];

/** What has to be known to read on. A value: `feed` returns the next one. */
export interface Terminal {
  readonly style: Style;
  readonly open: Line;
  /** The open line is replaced by the next text: a carriage return was read. */
  readonly restart: boolean;
  /** An escape sequence whose end has not arrived. */
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

export const EMPTY_TERMINAL: Terminal = { style: PLAIN, open: [], restart: false, unfinished: "" };

/** A line is cut here, in characters, and says so: one endless line must not freeze the page. */
export const MAX_LINE = 4_000;
/** Segments of one line beyond this are joined as plain text. */
const MAX_SEGMENTS = 400;
/** An escape sequence longer than this is none. */
const MAX_ESCAPE = 4_096;

const CSI = String.raw`(?:\x1b\[|\x9b)`;
/** What opens OSC, DCS, SOS, PM and APC; their text goes up to BEL or ST, and never beyond its line. */
const STRING = String.raw`(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\n\x9c]*`;

const TOKEN = new RegExp(
  [
    String.raw`([^\x00-\x08\x0a-\x1f\x7f-\x9f]+)`, // Text.
    String.raw`(\n)`,
    String.raw`(\r)`,
    `${CSI}([0-9:;<=>?]*)([ -/]*)([@-~])`,
    String.raw`${STRING}(?:\x07|\x1b\\|\x9c|(?=[\x1b\n]))`,
    String.raw`\x1b[ -/]*[0-Z\\^-~]`, // Any other escape.
    String.raw`[\s\S]`, // A stray control character.
  ].join("|"),
  "gy",
);

const UNFINISHED = new RegExp(String.raw`(?:${CSI}[0-9:;<=>?]*[ -/]*|${STRING}\x1b?|\x1b[ -/]*)$`);

export function feed(
  terminal: Terminal,
  text: string,
): { readonly terminal: Terminal; readonly lines: readonly Line[] } {
  const whole = terminal.unfinished + text;
  const unfinished = unfinishedEnd(whole);
  const writer = new Writer(terminal);
  for (const token of whole.slice(0, whole.length - unfinished.length).matchAll(TOKEN)) {
    const [, printed, newline, carriage, parameters, intermediate, final] = token;
    if (printed !== undefined) writer.print(printed);
    else if (newline !== undefined) writer.endLine();
    else if (carriage !== undefined) writer.restart = true;
    else if (final === "m" && intermediate === "") writer.style = restyle(writer.style, parameters ?? "");
  }
  return { terminal: { ...writer.rest(), unfinished }, lines: writer.lines };
}

function unfinishedEnd(whole: string): string {
  const end = UNFINISHED.exec(whole.slice(-MAX_ESCAPE))?.[0] ?? "";
  return end.length < MAX_ESCAPE ? end : "";
}

/** Gathers the lines of one `feed`; it lives no longer than that call. */
class Writer {
  readonly lines: Line[] = [];
  style: Style;
  restart: boolean;
  private open: Segment[];
  private width: number;

  constructor(terminal: Terminal) {
    this.style = terminal.style;
    this.restart = terminal.restart;
    this.open = [...terminal.open];
    this.width = this.open.reduce((sum, segment) => sum + segment.text.length, 0);
  }

  print(text: string): void {
    if (this.restart) this.clear();
    const room = MAX_LINE - this.width;
    if (room <= 0) return;
    const shown = text.length <= room ? text : `${text.slice(0, room - 1)}…`;
    this.width += shown.length;
    this.append(shown, classesOf(this.style));
  }

  endLine(): void {
    this.lines.push(this.open);
    this.clear();
  }

  rest(): Omit<Terminal, "unfinished"> {
    return { style: this.style, open: this.open, restart: this.restart };
  }

  private append(text: string, className: string): void {
    const last = this.open.at(-1);
    const joins = last !== undefined && (last.className === className || this.open.length >= MAX_SEGMENTS);
    if (joins) this.open[this.open.length - 1] = { text: last.text + text, className: last.className };
    else this.open.push({ text, className });
  }

  private clear(): void {
    this.open = [];
    this.width = 0;
    this.restart = false;
  }
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

/** `5;n` and `2;r;g;b` come out as the nearest of the sixteen named colours, which read well on light and dark. */
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
