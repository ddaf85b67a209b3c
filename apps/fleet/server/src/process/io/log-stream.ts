/** The log stream writes the log's lines, and never waits for a reader. */

import type { Writable } from "node:stream";

/**
 * Lines that nobody reads are kept up to a bound, then dropped and counted. The first line that finds room again says how many there
 * were. A reader that has gone ends nothing.
 */
export class LogStream {
  readonly #out: Writable;
  readonly #maxBytes: number;
  #dropped = 0;
  readonly metrics = { logLinesDropped: 0 };

  constructor(out: Writable, maxBytes = MAX_WAITING_BYTES) {
    this.#out = out;
    this.#maxBytes = maxBytes;
    out.on("error", () => {}); // The stream is not writable from here on, which is counted.
  }

  write(line: string): void {
    const notice = this.#dropped === 0 ? "" : droppedLine(this.#dropped);
    if (!this.#hasRoomFor(notice + line) || !this.#put(notice + line)) {
      this.#dropped += 1;
      this.metrics.logLinesDropped += 1;
    } else this.#dropped = 0;
  }

  #hasRoomFor(text: string): boolean {
    return this.#out.writable && this.#out.writableLength + text.length <= this.#maxBytes;
  }

  /** A line is written to a file at once, which fails when its disk is full. */
  #put(text: string): boolean {
    try {
      this.#out.write(text);
      return true;
    } catch {
      return false;
    }
  }

  /** It resolves once all is written, or nobody has read it for a while. */
  async flushed(): Promise<void> {
    if (!this.#out.writable || this.#out.writableLength === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, FLUSH_MS);
      this.#out.once("drain", resolve);
      this.#out.write("", () => resolve());
      timer.unref();
    });
  }
}

/** So many bytes may wait for a reader. Beyond that, lines are dropped. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** At the end the last lines are waited for so long. */
const FLUSH_MS = 500;

function droppedLine(count: number): string {
  return `${JSON.stringify({ level: 40, time: Date.now(), dropped: count, msg: "log lines were dropped: nobody read them" })}\n`;
}
