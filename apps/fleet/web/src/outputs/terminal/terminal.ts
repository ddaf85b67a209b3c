/** The terminal turns what a command printed, already decoded to text, into lines of styled segments. */

import { readTokens, type Token } from "@neverstale/fleet-domain/schema-free";
import { EMPTY_ROW, OpenLine, type OpenRow, type TerminalLine } from "./terminal-line.ts";
import { linkOf } from "./terminal-link.ts";
import { PLAIN_STYLE, restyle } from "./terminal-style.ts";

/**
 * Colours and weights (SGR), links to web pages (OSC 8), and what moves or erases within the open line are understood, so that a
 * progress bar ends as it would in a terminal. Everything else that a terminal would obey is dropped: titles, clipboard writes, other
 * movements, C0 and C1 controls. Output arrives in pieces that are cut anywhere, so an unfinished escape sequence waits for its rest.
 */
export function feed(
  terminal: Terminal,
  text: string,
): { readonly terminal: Terminal; readonly lines: readonly TerminalLine[] } {
  const { tokens, unfinished } = readTokens(terminal.unfinished, text);
  const lines: TerminalLine[] = [];
  const open = new OpenLine(terminal.open);
  let { style, link } = terminal;
  for (const token of tokens) {
    if (token.kind === "text") open.print(token.text, style, link);
    else if (token.kind === "newline") lines.push(open.end(false));
    else if (token.kind === "return") open.moveTo(0);
    else if (token.kind === "style") style = restyle(style, token.parameters);
    else if (endsRow(token.text)) lines.push(open.end(true));
    else link = obey(open, token, link);
  }
  return { terminal: { style, link, open: open.value, unfinished }, lines };
}

/** This has to be known to read on. It is a value: `feed` returns the next one. */
export interface Terminal {
  readonly style: string;
  readonly link: string | null;
  readonly open: OpenRow;
  /** This is the beginning of an escape sequence whose end has not arrived. */
  readonly unfinished: string;
}

export const EMPTY_TERMINAL: Terminal = { style: PLAIN_STYLE, link: null, open: EMPTY_ROW, unfinished: "" };

/** VT, FF and NEL begin a new row. */
function endsRow(text: string): boolean {
  return text === "\v" || text === "\f" || text === "\x85" || text === "\x1bE";
}

/** It returns the link that holds from now on. */
function obey(open: OpenLine, { text, final, parameters }: Token, link: string | null): string | null {
  if (text === "\b") open.moveBy(-1);
  if (final === undefined) return linkOf(text, link);
  const count = /^\d{0,4}$/.test(parameters) ? Number(parameters) : null;
  if (count === null) return link;
  if (final === "C") open.moveBy(Math.max(1, count));
  else if (final === "D") open.moveBy(-Math.max(1, count));
  else if (final === "G") open.moveTo(Math.max(1, count) - 1);
  else if (final === "K") open.erase(count);
  return link;
}
