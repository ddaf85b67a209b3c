/** Colours that a program asks for are made readable, on the light page and on the dark one. */

/** It is one of the sixteen that have names, or any other. */
export type Colour = { readonly name: number } | { readonly rgb: Rgb };
type Rgb = readonly [red: number, green: number, blue: number];

/** They are set at an element: the page's policy allows that to its own scripts. */
export interface OwnColours {
  readonly "--t-ink-l": string;
  readonly "--t-ink-d": string;
  readonly "--t-ground-l"?: string;
  readonly "--t-ground-d"?: string;
}

export interface AskedColours {
  readonly ink: Colour | null;
  readonly ground: Colour | null;
  /** Ink and ground change places. */
  readonly inverse: boolean;
  readonly dim: boolean;
}

export function ownColours(asked: AskedColours): OwnColours {
  const [light, dark] = [readable(asked, LIGHT), readable(asked, DARK)];
  const inks = { "--t-ink-l": hex(light.ink), "--t-ink-d": hex(dark.ink) };
  if (asked.ground === null && !asked.inverse) return inks;
  return { ...inks, "--t-ground-l": hex(light.ground), "--t-ground-d": hex(dark.ground) };
}

/** Text of normal size needs this contrast (WCAG 2, level AA). */
export const LEAST_CONTRAST = 4.5;

export function contrast(one: Rgb, other: Rgb): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

/** These are the colours of output on one page. Those of `inks` and the two first stand in tokens.css too. */
export interface TerminalTheme {
  readonly ground: Rgb;
  readonly ink: Rgb;
  readonly inks: readonly Rgb[];
  readonly grounds: readonly Rgb[];
}

function theme(ground: string, ink: string, inks: string, grounds: string): TerminalTheme {
  const all = (list: string) => list.split(" ").map(parsed);
  const [dull, dullGrounds] = [all(inks), all(grounds)];
  const [black, white] = dull.slice(8) as [Rgb, Rgb];
  const named = dull.slice(0, 8);
  return {
    ground: parsed(ground),
    ink: parsed(ink),
    inks: [...named, black, ...named.slice(1, 7), white],
    grounds: [...dullGrounds, ...dullGrounds],
  };
}

/** First come black, red, green, yellow, blue, magenta, cyan and white, then the bright black and white. */
export const LIGHT = theme(
  "#fbfbfc",
  "#1d222b",
  "#3a404c #b3261e #12733f #8a5a00 #2258c4 #8e35a8 #0b6d7d #6b7383 #687081 #171a21",
  "#d9dce2 #f9d7d4 #d2ecdc #f9e7bf #d5e1fb #f0d9f7 #cdeaef #e4e7ec",
);
export const DARK = theme(
  "#0d1015",
  "#dde1e8",
  "#7a8394 #ff8b80 #62d195 #eec25c #84aaff #dd9bf0 #5fcede #dde1e8 #868fa1 #ffffff",
  "#3a404c #5e2320 #1c4a2f #554112 #24407c #552a61 #174a53 #4b5361",
);

export function readable(
  { ink, ground, inverse, dim }: AskedColours,
  theme: TerminalTheme,
): { readonly ink: Rgb; readonly ground: Rgb } {
  const asInk = ink === null ? theme.ink : "rgb" in ink ? ink.rgb : theme.inks[ink.name];
  const asGround = ground === null ? theme.ground : "rgb" in ground ? ground.rgb : theme.grounds[ground.name];
  const [front = theme.ink, back = theme.ground] = inverse ? [asGround, asInk] : [asInk, asGround];
  return { ink: apart(dim ? mixed(front, back, 0.35) : front, back), ground: back };
}

/** It moves a colour towards black or white until it can be read on its ground. One of the two always can. */
function apart(colour: Rgb, ground: Rgb): Rgb {
  const end = contrast(WHITE, ground) > contrast(BLACK, ground) ? WHITE : BLACK;
  for (let part = 0; part < 1; part += 0.05) {
    const tried = mixed(colour, end, part);
    if (contrast(tried, ground) >= LEAST_CONTRAST) return tried;
  }
  return end;
}

const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];

function mixed(one: Rgb, other: Rgb, part: number): Rgb {
  const mix = (a: number, b: number) => Math.round(a + (b - a) * part);
  return [mix(one[0], other[0]), mix(one[1], other[1]), mix(one[2], other[2])];
}

function luminance(colour: Rgb): number {
  const [red = 0, green = 0, blue = 0] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function parsed(text: string): Rgb {
  const value = Number.parseInt(text.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function hex(colour: Rgb): string {
  return `#${colour.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}
