import type { Writable } from "node:stream";

/** What may wait for a reader, in bytes; beyond it lines are dropped. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** How long the last lines are waited for at the end. */
const FLUSH_MS = 500;

/**
 * Where the log goes: never waits. What nobody reads is kept up to a bound, then dropped and counted; the first line that
 * finds room again says how many there were. A reader that has gone ends nothing.
 */
export class LogStream {
  readonly #out: Writable;
  readonly #maxBytes: number;
  #dropped = 0;
  readonly metrics = { logLinesDropped: 0 };

  constructor(out: Writable, maxBytes = MAX_WAITING_BYTES) {
    this.#out = out;
    this.#maxBytes = maxBytes;
    out.on("error", () => {}); // It is not writable from here on, which is counted.
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

  /** To a file it is written at once, which fails when its disk is full. */
  #put(text: string): boolean {
    try {
      this.#out.write(text);
      return true;
    } catch {
      return false;
    }
  }

  /** Once all is written, or nobody has read it for a while. */
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

function droppedLine(count: number): string {
  return `${JSON.stringify({ level: 40, time: Date.now(), dropped: count, msg: "log lines were dropped: nobody read them" })}\n`;
}
