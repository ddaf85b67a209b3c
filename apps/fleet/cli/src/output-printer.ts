import type { OutputChunk } from "@neverstale/fleet-domain";
import { OwnTerminal, SharedTerminal, type TerminalText } from "./terminal-text.ts";

/** Puts a command's chunks out once each, in order, as they become known. */
export class OutputPrinter {
  /** Bytes of the output that were put out, or are said to be missing. */
  offset = 0;
  readonly #write: (text: string) => void;
  readonly #prefix: string;
  /** Null: as it was written. */
  readonly #terminal: TerminalText | null;
  #atLineStart = true;

  /** `prefix` goes before each line; `strip` takes away what a terminal should not obey. */
  constructor(write: (text: string) => void, options: { readonly prefix: string; readonly strip: boolean }) {
    this.#write = write;
    this.#prefix = options.prefix;
    this.#terminal = !options.strip ? null : options.prefix === "" ? new OwnTerminal() : new SharedTerminal();
  }

  /** All chunks that are there now, in any order. What has left the live tail already is said to be missing. */
  print(chunks: Iterable<OutputChunk>): void {
    const next = [...chunks].filter((chunk) => chunk.offset >= this.offset).sort((a, b) => a.offset - b.offset);
    for (const chunk of next) {
      if (chunk.offset > this.offset)
        this.#say(`${chunk.offset - this.offset} bytes before this are in the dashboard only`);
      this.#put(this.#fit(chunk.text));
      this.offset = chunk.offset + chunk.bytes;
    }
  }

  /** All of the output as text, once there are no chunks of it any more. What was put out is not put out again. */
  printWhole(text: string): void {
    const rest = this.offset === 0 ? text : Buffer.from(text).subarray(this.offset).toString();
    this.#put(this.#fit(rest));
    this.offset = Math.max(this.offset, Buffer.byteLength(text));
  }

  /** Ends a last line that has no end. */
  end(): void {
    this.#put(this.#terminal?.rest() ?? "");
    this.#write(this.#terminal?.reset() ?? "");
    if (!this.#atLineStart) this.#write("\n");
    this.#atLineStart = true;
  }

  /** On a line of its own. */
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
