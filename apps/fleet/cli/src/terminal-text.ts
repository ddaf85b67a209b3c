import { readTokens } from "@neverstale/fleet-domain";

/** Makes output fit for somebody's terminal, piece by piece, however it was cut (C36). */
export interface TerminalText {
  /** What can be put out so far. */
  read(text: string): string;
  /** What was held back until now. */
  rest(): string;
  /** What brings the terminal back to how it was. */
  reset(): string;
}

/** A terminal of its own: colours and carriage returns stay, and are the terminal's to carry out; all else is taken away. */
export class OwnTerminal implements TerminalText {
  #unfinished = "";
  #coloured = false;

  read(text: string): string {
    const { tokens, unfinished } = readTokens(this.#unfinished, text);
    this.#unfinished = unfinished;
    this.#coloured ||= tokens.some(({ kind }) => kind === "style");
    return tokens.map(({ kind, text }) => (kind === "other" ? "" : text)).join("");
  }

  rest(): string {
    return "";
  }

  reset(): string {
    return this.#coloured ? "\u001b[0m" : "";
  }
}

/** A line that has no end is put out once it is so long, in characters. */
const LONGEST = 64 * 1024;

/** A terminal shared with other outputs, line by line: whole lines only, without colours, with what was written over them. */
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
      else if (kind === "newline" || this.#line.length > LONGEST) put += `${this.#take()}\n`;
      if (kind === "text") this.#write(text);
    }
    return put;
  }

  rest(): string {
    return this.#take();
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

  #take(): string {
    const line = this.#line.join("");
    this.#line = [];
    this.#column = 0;
    return line;
  }
}
