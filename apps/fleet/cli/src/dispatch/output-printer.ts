/** The output printer prints each chunk of a command's output once, in order, as the chunks become known. */

import type { OutputChunk } from "@neverstale/fleet-domain";
import { OwnTerminal, SharedTerminal, type TerminalText } from "../terminal/terminal-text.ts";

export class OutputPrinter {
  /** So many bytes of the output were printed, or are said to be missing. */
  offset = 0;
  readonly #write: (text: string) => void;
  readonly #prefix: string;
  /** Null means that the output is printed as it was written. */
  readonly #terminal: TerminalText | null;
  #atLineStart = true;

  /** `prefix` goes before each line. `strip` removes what a terminal should not obey. */
  constructor(write: (text: string) => void, options: { readonly prefix: string; readonly strip: boolean }) {
    this.#write = write;
    this.#prefix = options.prefix;
    this.#terminal = !options.strip ? null : options.prefix === "" ? new OwnTerminal() : new SharedTerminal();
  }

  /** Prints from all chunks that are there now, in any order. Output that has left the live tail already is said to be missing. */
  print(chunks: Iterable<OutputChunk>): void {
    const next = [...chunks].filter((chunk) => chunk.offset >= this.offset).sort((a, b) => a.offset - b.offset);
    for (const chunk of next) {
      if (chunk.offset > this.offset)
        this.#say(`${chunk.offset - this.offset} bytes before this are in the dashboard only`);
      this.#put(this.#fit(chunk.text));
      this.offset = chunk.offset + chunk.bytes;
    }
  }

  /** Prints from the whole output as text, once there are no chunks of it any more. Nothing is printed twice. */
  printWhole(text: string): void {
    const bytes = encoder.encode(text);
    const rest = this.offset === 0 ? text : decoder.decode(bytes.subarray(this.offset));
    this.#put(this.#fit(rest));
    this.offset = Math.max(this.offset, bytes.length);
  }

  /** Ends the last line if it has no end yet. */
  end(): void {
    this.#put(this.#terminal?.rest() ?? "");
    this.#write(this.#terminal?.reset() ?? "");
    if (!this.#atLineStart) this.#write("\n");
    this.#atLineStart = true;
  }

  /** Prints the words on a line of their own. */
  #say(words: string): void {
    this.end();
    this.#put(`[${words}]\n`);
  }

  #fit(text: string): string {
    return this.#terminal?.read(text) ?? text;
  }

  #put(text: string): void {
    if (text === "") return;
    const lines =
      this.#prefix === ""
        ? text
        : text.replace(/^|(?<=\n)/g, (_, at: number) =>
            at === text.length || (at === 0 && !this.#atLineStart) ? "" : this.#prefix,
          );
    this.#write(lines);
    this.#atLineStart = text.endsWith("\n");
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
