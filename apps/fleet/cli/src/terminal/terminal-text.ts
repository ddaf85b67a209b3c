/** Terminal text is output that is fit for somebody's terminal, piece by piece, however the pieces were cut (C36). */

import { readTokens } from "@neverstale/fleet-domain";

export interface TerminalText {
  /** Reads a piece, and returns what can be printed so far. */
  read(text: string): string;
  /** Returns what was held back until now. */
  rest(): string;
  /** Returns what brings the terminal back to how it was. */
  reset(): string;
}

/** The output has a terminal of its own. The terminal carries out colours and carriage returns, and everything else is removed. */
export class OwnTerminal implements TerminalText {
  readonly #colours: boolean;
  #unfinished = "";
  #coloured = false;

  /** False means that colours are removed as well. */
  constructor(colours = true) {
    this.#colours = colours;
  }

  read(text: string): string {
    const { tokens, unfinished } = readTokens(this.#unfinished, text);
    this.#unfinished = unfinished;
    const kept = tokens.filter(({ kind }) => kind !== "other" && (kind !== "style" || this.#colours));
    this.#coloured ||= kept.some(({ kind }) => kind === "style");
    return kept.map(({ text }) => text).join("");
  }

  rest(): string {
    return "";
  }

  reset(): string {
    return this.#coloured ? "\u001b[0m" : "";
  }
}

/** A line that has no end is printed once it has so many characters. */
const LONGEST = 64 * 1024;

/**
 * The output shares the terminal with other outputs, line by line. It comes in whole lines, without colours, and with whatever
 * was written over them.
 */
export class SharedTerminal implements TerminalText {
  #unfinished = "";
  #line: string[] = [];
  #column = 0;

  read(text: string): string {
    const { tokens, unfinished } = readTokens(this.#unfinished, text);
    this.#unfinished = unfinished;
    let put = "";
    for (const { kind, text } of tokens) {
      if (kind === "return") this.#column = 0;
      else if (kind === "newline" || this.#line.length > LONGEST) put += `${this.#endLine()}\n`;
      if (kind === "text") this.#write(text);
    }
    return put;
  }

  rest(): string {
    return this.#endLine();
  }

  reset(): string {
    return "";
  }

  #write(text: string): void {
    for (const character of text) {
      this.#line[this.#column] = character;
      this.#column += 1;
    }
  }

  #endLine(): string {
    const line = this.#line.join("");
    this.#line = [];
    this.#column = 0;
    return line;
  }
}
