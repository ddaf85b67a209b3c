import type { Timer } from "@neverstale/base";
import { formatDigest, recordHash } from "@neverstale/protocol";
import type { Frame, LargeFrame, Part, Wire } from "../followers/wire.ts";
import type { Runtime } from "./runtime.ts";

/** A frame that is still its messages, so that a test reads what was sent. */
export interface TestFrame extends LargeFrame {
  readonly messages: readonly string[];
}

/** A machine whose clock moves only when a test moves it: for tests of the authority without sockets. */
export class VirtualRuntime implements Runtime {
  /** It takes so long to make one frame of a large text. */
  encodesLargeMs = 5;
  /** The wall clock is so many milliseconds ahead of where it began. */
  wallOffset = 0;
  #now = 0;
  #ids = 0;
  #order = 0;
  readonly #timers = new Map<number, { readonly at: number; readonly order: number; readonly run: () => void }>();
  utilization = 0;

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return 1_700_000_000_000 + this.wallOffset + this.#now;
  }

  newId(): string {
    this.#ids += 1;
    return `id-${this.#ids}`;
  }

  authenticate(secret: string, text: string): string {
    return formatDigest(recordHash(secret, text, { id: "" }));
  }

  after(delayMs: number, run: () => void): Timer {
    this.#order += 1;
    const key = this.#order;
    this.#timers.set(key, { at: this.#now + Math.max(0, delayMs), order: key, run });
    return { cancel: () => this.#timers.delete(key) };
  }

  soon(run: () => void): void {
    this.after(0, run);
  }

  loopUtilization(): number {
    return this.utilization;
  }

  /** Lets so much time pass; everything that is due happens in its order. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (let next = this.#next(until); next !== null; next = this.#next(until)) {
      this.#timers.delete(next.order);
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await settle();
    }
    this.#now = until;
  }

  #next(until: number): { readonly at: number; readonly order: number; readonly run: () => void } | null {
    let next: { readonly at: number; readonly order: number; readonly run: () => void } | null = null;
    for (const timer of this.#timers.values()) {
      if (timer.at > until) continue;
      if (next === null || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) next = timer;
    }
    return next;
  }

  readonly frames = {
    encode: (text: string): TestFrame => ({ sizeBytes: text.length, textBytes: text.length, messages: [text] }),
    join: (frames: readonly Frame[]): TestFrame => {
      const messages = frames.flatMap((frame) => (frame as TestFrame).messages);
      const sizeBytes = messages.reduce((sum, text) => sum + text.length, 0);
      return { sizeBytes, textBytes: sizeBytes, messages };
    },
    /** A part is shown as what it says of itself; the last one brings the message behind it. */
    part: (frame: Frame, from: number, maxBytes: number): Part => {
      const [text = ""] = (frame as TestFrame).messages;
      const end = Math.min(from + maxBytes, text.length);
      const isLast = end === text.length;
      const part = JSON.stringify({ type: "part", from, end, of: text.length });
      const messages = isLast ? [part, text] : [part];
      return { frame: { sizeBytes: end - from, textBytes: 0, messages } as TestFrame, end, isLast };
    },
    encodeLarge: (parts: Iterable<string>): Promise<TestFrame> =>
      new Promise((resolve, reject) => {
        this.after(this.encodesLargeMs, () => {
          try {
            const text = [...parts].join("");
            resolve({ sizeBytes: text.length, textBytes: text.length, messages: [text] });
          } catch (error) {
            reject(error);
          }
        });
      }),
  };
}

/** Lets every promise that can go on do so. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** The reader's end of a connection: what came, and how it ended. */
export class TestWire implements Wire {
  readonly received: Record<string, unknown>[] = [];
  congested = false;
  sentBytes = 0;
  closedWith: number | null = null;

  send(frame: Frame): void {
    if (this.closedWith !== null) return;
    this.sentBytes += frame.sizeBytes;
    for (const text of (frame as TestFrame).messages) this.received.push(JSON.parse(text) as Record<string, unknown>);
  }

  together(run: () => void): void {
    run();
  }

  close(code: number): void {
    this.closedWith = code;
  }

  /** What has come since the last call. */
  take(): Record<string, unknown>[] {
    return this.received.splice(0);
  }
}
