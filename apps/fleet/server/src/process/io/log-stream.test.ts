import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { LogStream } from "./log-stream.ts";

/** Takes one piece, and the next when it is told to. */
class SlowReader extends Writable {
  readonly taken: string[] = [];
  #next: (() => void) | null = null;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.taken.push(chunk.toString());
    this.#next = done;
  }

  async read(): Promise<void> {
    for (let next = this.#next; next !== null; next = this.#next) {
      this.#next = null;
      next();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

test("[B28] what nobody reads is kept up to a bound, then dropped and counted, and told when it goes on", async () => {
  const reader = new SlowReader();
  const log = new LogStream(reader, 150);

  for (let line = 0; line < 10; line += 1) log.write(`${`line ${line} `.padEnd(49, ".")}\n`);
  await reader.read();
  log.write("again\n");
  await reader.read();

  const text = reader.taken.join("");
  expect(text).toMatch(/^line 0 \.+\nline 1 \.+\nline 2 \.+\n\{.*"dropped":7.*\}\nagain\n$/);
  expect(log.metrics.logLinesDropped).toBe(7);
});

test("a reader that has gone ends nothing: what would be written is counted", async () => {
  const reader = new Writable({ write: (_chunk, _encoding, done) => done(new Error("EPIPE")) });
  const log = new LogStream(reader);

  log.write("one\n");
  await new Promise((resolve) => setImmediate(resolve));
  log.write("two\n");

  expect(log.metrics.logLinesDropped).toBe(1);
  await log.flushed();
});

test("a file that takes nothing more ends nothing", () => {
  const full = new Writable({
    write: () => {
      throw new Error("ENOSPC");
    },
  });
  const log = new LogStream(full);

  log.write("one\n");

  expect(log.metrics.logLinesDropped).toBe(1);
});
