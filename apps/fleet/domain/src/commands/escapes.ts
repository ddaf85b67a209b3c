/** Output is taken apart here into text, line ends, and what a terminal would obey. */

/** A `style` sets colours and weights (SGR) by its parameters. `other` is everything else that a terminal would obey. */
export interface Token {
  readonly kind: "text" | "newline" | "return" | "style" | "other";
  readonly text: string;
  readonly parameters: string;
  /** The letter of a control sequence (CSI) says what it does. It is there when nothing stands between it and the parameters. */
  readonly final?: string;
}

/** Text of this length and more is no escape sequence. */
const MAX_ESCAPE = 4_096;

const CSI = String.raw`(?:\x1b\[|\x9b)`;
/**
 * These open OSC, DCS, SOS, PM and APC. Their text goes up to BEL or ST, and never beyond its line or another control of C1.
 * So no two of them begin in the same text, and the time that reading takes is in proportion to the text.
 */
const STRING = String.raw`(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\n\x80-\x9f]*`;

const TOKEN = new RegExp(
  [
    String.raw`([^\x00-\x08\x0a-\x1f\x7f-\x9f]+)`, // Text.
    String.raw`(\n)`,
    String.raw`(\r)`,
    `${CSI}([0-9:;<=>?]*)([ -/]*)([@-~])`,
    String.raw`${STRING}(?:\x07|\x1b\\|\x9c|(?=[\x1b\n\x80-\x9f]))`,
    String.raw`\x1b[ -/]*[0-Z\\^-~]`, // Any other escape.
    String.raw`[\s\S]`, // A stray control character.
  ].join("|"),
  "gy",
);

const UNFINISHED = new RegExp(String.raw`(?:${CSI}[0-9:;<=>?]*[ -/]*|${STRING}\x1b?|\x1b[ -/]*)$`);

/**
 * It takes apart what was left unfinished before, with `text` behind it. Output arrives in pieces that are cut anywhere, so an
 * escape sequence whose end has not come waits for its rest.
 */
export function readTokens(
  before: string,
  text: string,
): { readonly tokens: readonly Token[]; readonly unfinished: string } {
  const whole = before + text;
  const unfinished = unfinishedEnd(whole);
  const tokens = [...whole.slice(0, whole.length - unfinished.length).matchAll(TOKEN)].map(tokenOf);
  return { tokens, unfinished };
}

function tokenOf(match: RegExpMatchArray): Token {
  const [text, printed, newline, carriage, parameters = "", intermediate, final] = match;
  if (printed !== undefined) return { kind: "text", text, parameters };
  if (newline !== undefined) return { kind: "newline", text, parameters };
  if (carriage !== undefined) return { kind: "return", text, parameters };
  // Other sequences that end in m set what keys send.
  const isStyle = final === "m" && intermediate === "" && /^[0-9:;]*$/.test(parameters);
  if (isStyle) return { kind: "style", text, parameters };
  return { kind: "other", text, parameters, ...(final !== undefined && intermediate === "" && { final }) };
}

function unfinishedEnd(whole: string): string {
  const end = UNFINISHED.exec(whole.slice(-MAX_ESCAPE))?.[0] ?? "";
  return end.length < MAX_ESCAPE ? end : "";
}

/** So much is read at a time: little is held of a large piece. */
const SLICE = 64 * 1024;

/** It makes plain text of output, piece by piece. Besides the text, only line ends and tabs stay. */
export class PlainText {
  #unfinished = "";

  /** It returns the text that is certain so far. */
  read(text: string): string {
    let plain = "";
    for (let at = 0; at < text.length; at += SLICE) plain += this.#readSlice(text.slice(at, at + SLICE));
    return plain;
  }

  #readSlice(slice: string): string {
    const { tokens, unfinished } = readTokens(this.#unfinished, slice);
    this.#unfinished = unfinished;
    return tokens.map(({ kind, text }) => (kind === "style" || kind === "other" ? "" : text)).join("");
  }
}
