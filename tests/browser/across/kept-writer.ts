/** A host writes line after line, and keeps what it has written until the server has taken it, as an agent does. */

import type { Machine } from "../api.ts";

export class KeptWriter {
  readonly #machine: Machine;
  readonly #commandId: string;
  #offset = 0;
  #kept = "";
  #sending: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  /** So many lines were written. */
  lines = 0;

  constructor(machine: Machine, commandId: string) {
    this.#machine = machine;
    this.#commandId = commandId;
  }

  /** `lineOf` is given the number of the line, from 1. */
  begin(everyMs: number, lineOf: (line: number) => string): void {
    this.#timer = setInterval(() => {
      this.lines += 1;
      this.#kept += `${lineOf(this.lines)}\n`;
      this.#sending = this.#sending.then(() => this.#send());
    }, everyMs);
  }

  async #send(): Promise<void> {
    if (this.#kept === "") return;
    const text = this.#kept;
    try {
      this.#offset = await this.#machine.write(this.#commandId, this.#offset, text);
      this.#kept = this.#kept.slice(text.length);
    } catch {
      // The server is away. What it has not taken is sent again with the next line.
    }
  }

  /** It writes no more. All is sent once this resolves, and the command has succeeded. */
  async finish(): Promise<void> {
    this.stop();
    await this.#sending;
    while (this.#kept !== "") await this.#send();
    await this.#machine.report({
      type: "finished",
      commandId: this.#commandId,
      status: "succeeded",
      exitCode: 0,
      finishedAt: new Date().toISOString(),
      outputBytes: this.#offset,
    });
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
