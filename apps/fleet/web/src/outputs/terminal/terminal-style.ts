/** A style is what a program has set by SGR: colours and weights. What the codes mean is read by Anser. */

import Anser from "anser";
import { type Colour, type OwnColours, ownColours } from "./terminal-colours.ts";

/** A style is a text, so that two of them are compared at once: the codes that set it, in one order. */
export const PLAIN_STYLE = "";

/** It returns the style that holds behind these parameters of SGR. */
export function restyle(before: string, parameters: string): string {
  if (parameters.length > 200) return before;
  const key = `${before}|${parameters}`;
  const known = STYLES.get(key);
  if (known !== undefined) return known;
  return remember(STYLES, key, restyled(before, parameters));
}

/** This is how a style looks on the page. */
export interface TextLook {
  readonly className: string;
  /** These are set where the named colours of the page would not do, because of a ground, or of a colour of the program's own. */
  readonly own: OwnColours | null;
}

export function textLookOf(style: string): TextLook {
  return LOOKS.get(style) ?? remember(LOOKS, style, looked(style));
}

const STYLES = new Map<string, string>();
const LOOKS = new Map<string, TextLook>();
/** A program may use all of 16 million colours. */
const MOST_REMEMBERED = 2_000;

function remember<Value>(map: Map<string, Value>, key: string, value: Value): Value {
  if (map.size >= MOST_REMEMBERED) map.clear();
  map.set(key, value);
  return value;
}

interface Style {
  readonly ink: Colour | null;
  readonly ground: Colour | null;
  readonly inverse: boolean;
  /** They are words of Anser. */
  readonly marks: readonly string[];
}

function restyled(before: string, parameters: string): string {
  const { inverse } = styleOf(before);
  let isInverse = inverse;
  let codes: string[] = [];
  for (const group of groupsOf(parameters)) {
    if (group === "7" || group === "27") isInverse = group === "7";
    else if (group === "0") [isInverse, codes] = [false, ["0"]];
    else codes.push(group);
  }
  const { ink, ground, marks } = read(`${withoutInverse(before)}`, codes.join(";"));
  const kept = MARKS.filter(([mark]) => marks.includes(mark)).map(([, code]) => code);
  return [...(isInverse ? ["7"] : []), ...kept, ...colourCodes(ink, 30), ...colourCodes(ground, 40)].join(";");
}

/** The code of the inverse stands first. Anser would swap the colours itself, and forget which of them is the page's own. */
function withoutInverse(style: string): string {
  return style.replace(/^7(;|$)/, "");
}

function styleOf(style: string): Style {
  return { ...read(withoutInverse(style), ""), inverse: /^7(;|$)/.test(style) };
}

function read(before: string, codes: string): Omit<Style, "inverse"> {
  const text = `\x1b[${before === "" ? "0" : before}m${codes === "" ? "" : `\x1b[${codes}m`}x`;
  const last = new Anser().ansiToJson(text, { use_classes: true }).at(-1);
  return {
    ink: colourOf(last?.fg, last?.fg_truecolor),
    ground: colourOf(last?.bg, last?.bg_truecolor),
    marks: last?.decorations ?? [],
  };
}

/** These are shown. Text that blinks or is hidden is shown as it is. */
const MARKS = [
  ["bold", "1"],
  ["dim", "2"],
  ["italic", "3"],
  ["underline", "4"],
  ["strikethrough", "9"],
] as const;

/**
 * The parameters come as groups of one meaning, each in the form with semicolons. A colon binds what follows to its parameter, and
 * `58` takes a colour with it, that of the line below the text.
 */
function groupsOf(parameters: string): string[] {
  const given = parameters.split(";");
  const groups: string[] = [];
  for (let at = 0; at < given.length; at += 1) {
    const parameter = given[at] ?? "";
    if (parameter.includes(":")) {
      groups.push(...withColons(parameter.split(":")));
      continue;
    }
    const code = String(Number(parameter));
    if (code !== "38" && code !== "48" && code !== "58") {
      groups.push(code === "21" ? "4" : code);
      continue;
    }
    const length = given[at + 1] === "5" ? 3 : given[at + 1] === "2" ? 5 : 1;
    const group = given.slice(at, at + length);
    if (code !== "58" && length > 1 && group.length === length)
      groups.push([code, ...group.slice(1).map(byte)].join(";"));
    at += length - 1;
  }
  return groups;
}

function withColons([code = "", kind, ...rest]: readonly string[]): string[] {
  if (code === "4") return [kind === "0" ? "24" : "4"];
  if (code !== "38" && code !== "48") return [];
  if (kind === "5" && rest.length > 0) return [`${code};5;${byte(rest[0])}`];
  // The space of the colours may stand before them: 38:2::r:g:b.
  if (kind === "2" && rest.length >= 3)
    return [
      [
        code,
        "2",
        ...rest
          .slice(rest.length > 3 ? 1 : 0)
          .slice(0, 3)
          .map(byte),
      ].join(";"),
    ];
  return [];
}

function byte(value: string | undefined): number {
  const number = Number(value ?? "");
  return number >= 0 && number <= 255 ? Math.floor(number) : 0;
}

const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

function colourOf(name: string | null | undefined, rgb: string | null | undefined): Colour | null {
  if (name === null || name === undefined) return null;
  if (name === "ansi-truecolor") return rgbOf((rgb ?? "").split(",").map(Number));
  const [, bright, word = ""] = /^ansi-(bright-)?(\w+)/.exec(name) ?? [];
  const index = NAMES.indexOf(word);
  if (index !== -1) return { name: index + (bright === undefined ? 0 : 8) };
  return ofPalette(Number(name.slice("ansi-palette-".length)));
}

function rgbOf([red = 0, green = 0, blue = 0]: readonly number[]): Colour {
  return { rgb: [red, green, blue] };
}

/** These are the colours of the cube of 6, and 24 greys, as terminals agree on them. */
function ofPalette(index: number): Colour {
  if (index >= 232) return rgbOf(Array<number>(3).fill((index - 232) * 10 + 8));
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
  const cube = index - 16;
  return rgbOf([level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)]);
}

function colourCodes(colour: Colour | null, base: 30 | 40): string[] {
  if (colour === null) return [];
  if ("rgb" in colour) return [`${base + 8};2;${colour.rgb.join(";")}`];
  return [String(colour.name < 8 ? base + colour.name : base + 60 + colour.name - 8)];
}

function looked(style: string): TextLook {
  const { ink, ground, inverse, marks } = styleOf(style);
  const dim = marks.includes("dim");
  const isNamed = ground === null && !inverse && !dim && (ink === null || "name" in ink);
  const classes = MARKS.filter(([mark]) => mark !== "dim" && marks.includes(mark)).map(([mark]) => `t-${mark}`);
  if (isNamed && ink !== null && "name" in ink)
    classes.unshift(`t-${ink.name >= 8 ? "bright-" : ""}${NAMES[ink.name % 8]}`);
  if (isNamed) return { className: classes.join(" "), own: null };
  const own = ownColours({ ink, ground, inverse, dim });
  return {
    className: ["t-own", ...(own["--t-ground-l"] === undefined ? [] : ["t-own-ground"]), ...classes].join(" "),
    own,
  };
}
