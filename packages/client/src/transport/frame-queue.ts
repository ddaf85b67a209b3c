/** The frames of one connection become texts, strictly in the order in which they came (rule R10). */

import { isPart, MAX_INFLATED_BYTES, PartJoiner, type PartProgress } from "@neverstale/protocol";
import type { Environment } from "../environment/environment.ts";
import type { Said } from "./transport.ts";

/**
 * A frame that is being inflated holds those behind it. Parts of a message are told of as they come, and are put together
 * (rule M9). Each connection has a queue of its own, so that nothing of an old one comes out later (rule R8).
 */
export class FrameQueue {
  readonly #inflate: Environment["inflate"];
  readonly #deliver: (frame: ReceivedFrame) => void;
  readonly #turn: (run: () => void) => void;
  readonly #parts = new PartJoiner();
  #waiting: WaitingFrame[] = [];
  #inflating = false;
  #closed = false;

  /** Everything that can be delivered at once is delivered within one call of `turn`. */
  constructor(
    inflate: Environment["inflate"],
    deliver: (frame: ReceivedFrame) => void,
    turn: (run: () => void) => void,
  ) {
    this.#inflate = inflate;
    this.#deliver = deliver;
    this.#turn = turn;
  }

  push(frame: string | Uint8Array, said?: Said): void {
    if (this.#closed) return;
    this.#waiting.push({ frame, said });
    this.#turn(() => this.#drain());
  }

  close(): void {
    this.#closed = true;
    this.#waiting = [];
  }

  #drain(): void {
    while (!this.#inflating) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      const { frame, said } = next;
      if (typeof frame === "string") this.#deliverText(frame, frame.length, said?.fromParts, said);
      else if (said !== undefined)
        this.#deliver({ type: "bad", cause: null }); // Only texts are told of with their age.
      else if (isPart(frame)) this.#takePart(frame);
      else this.#inflateNext(frame, frame.length, false);
    }
  }

  #deliverText(text: string, sizeBytes: number, fromParts = false, said?: Said): void {
    this.#deliver({ type: "text", text, sizeBytes, fromParts, said });
  }

  #takePart(part: Uint8Array): void {
    const taken = this.#tryJoin(part);
    if ("cause" in taken) return this.#deliver(taken);
    const { whole, receivedBytes, totalBytes } = taken;
    this.#deliver({ type: "part", progress: { receivedBytes, totalBytes }, sizeBytes: part.length });
    if (whole !== null && !this.#closed) this.#inflateNext(whole, 0, true);
  }

  #tryJoin(part: Uint8Array): ReturnType<PartJoiner["add"]> | Bad {
    try {
      return this.#parts.add(part);
    } catch (cause) {
      return { type: "bad", cause };
    }
  }

  #inflateNext(bytes: Uint8Array, sizeBytes: number, fromParts: boolean): void {
    const inflated = this.#tryInflate(bytes);
    if (inflated instanceof Promise) {
      this.#inflating = true;
      inflated.then(
        (text) => this.#goOn({ type: "text", text, sizeBytes, fromParts }),
        (cause: unknown) => this.#goOn({ type: "bad", cause }),
      );
    } else if (typeof inflated === "string") this.#deliverText(inflated, sizeBytes, fromParts);
    else this.#deliver(inflated);
  }

  #tryInflate(bytes: Uint8Array): string | Promise<string> | Bad {
    try {
      return this.#inflate(bytes, MAX_INFLATED_BYTES);
    } catch (cause) {
      return { type: "bad", cause };
    }
  }

  #goOn(frame: ReceivedFrame): void {
    this.#inflating = false;
    if (this.#closed) return;
    this.#turn(() => {
      this.#deliver(frame);
      this.#drain();
    });
  }
}

export type ReceivedFrame =
  /** `fromParts` says that it was put together of parts, which were frames themselves. */
  | {
      readonly type: "text";
      readonly text: string;
      readonly sizeBytes: number;
      readonly fromParts: boolean;
      readonly said?: Said | undefined;
    }
  | { readonly type: "part"; readonly progress: PartProgress; readonly sizeBytes: number }
  | Bad;

interface WaitingFrame {
  readonly frame: string | Uint8Array;
  /** Where the transport knows how old it is. */
  readonly said: Said | undefined;
}

interface Bad {
  readonly type: "bad";
  readonly cause: unknown;
}
