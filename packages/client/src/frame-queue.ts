import { MAX_INFLATED_BYTES } from "@neverstale/protocol";
import type { Environment } from "./environment.ts";

export type Frame =
  | { readonly type: "text"; readonly text: string; readonly sizeBytes: number }
  | { readonly type: "bad"; readonly cause: unknown };

/**
 * The frames of one socket as texts, strictly in order of arrival: one that is being inflated holds those behind it
 * (rule R10). Made anew for each socket, so that nothing of an old one comes out later (rule R8).
 */
export class FrameQueue {
  readonly #inflate: Environment["inflate"];
  readonly #deliver: (frame: Frame) => void;
  readonly #turn: (run: () => void) => void;
  #waiting: (string | Uint8Array)[] = [];
  #inflating = false;
  #closed = false;

  /** Everything that can be delivered at once is delivered within one call of `turn`. */
  constructor(inflate: Environment["inflate"], deliver: (frame: Frame) => void, turn: (run: () => void) => void) {
    this.#inflate = inflate;
    this.#deliver = deliver;
    this.#turn = turn;
  }

  push(frame: string | Uint8Array): void {
    if (this.#closed) return;
    this.#waiting.push(frame);
    this.#turn(() => this.#drain());
  }

  close(): void {
    this.#closed = true;
    this.#waiting = [];
  }

  #drain(): void {
    while (!this.#inflating) {
      const frame = this.#waiting.shift();
      if (frame === undefined) return;
      if (typeof frame === "string") this.#deliver({ type: "text", text: frame, sizeBytes: frame.length });
      else this.#inflateNext(frame);
    }
  }

  #inflateNext(bytes: Uint8Array): void {
    const sizeBytes = bytes.length;
    const inflated = this.#tryInflate(bytes);
    if (inflated instanceof Promise) {
      this.#inflating = true;
      inflated.then(
        (text) => this.#goOn({ type: "text", text, sizeBytes }),
        (cause: unknown) => this.#goOn({ type: "bad", cause }),
      );
    } else this.#deliver(typeof inflated === "string" ? { type: "text", text: inflated, sizeBytes } : inflated);
  }

  #tryInflate(bytes: Uint8Array): string | Promise<string> | Frame {
    try {
      return this.#inflate(bytes, MAX_INFLATED_BYTES);
    } catch (cause) {
      return { type: "bad", cause };
    }
  }

  #goOn(frame: Frame): void {
    this.#inflating = false;
    if (this.#closed) return;
    this.#turn(() => {
      this.#deliver(frame);
      this.#drain();
    });
  }
}
