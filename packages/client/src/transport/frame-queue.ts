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
  #waiting: (string | Uint8Array | Told)[] = [];
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
    if (said === undefined) this.#waiting.push(frame);
    else this.#waiting.push({ frame, said });
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
      if (typeof frame === "object" && "said" in frame) this.#deliverTold(frame);
      else if (typeof frame === "string") this.#deliverText(frame, frame.length);
      else if (isPart(frame)) this.#takePart(frame);
      else this.#inflateNext(frame, frame.length, false);
    }
  }

  #deliverText(text: string, sizeBytes: number, fromParts = false): void {
    this.#deliver({ type: "text", text, sizeBytes, fromParts });
  }

  /** Only frames that are texts are told of with their age. */
  #deliverTold({ frame, said }: Told): void {
    if (typeof frame !== "string") return this.#deliver({ type: "bad", cause: null });
    const { fromParts = false } = said;
    this.#deliver({ type: "text", text: frame, sizeBytes: frame.length, fromParts, said });
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
      readonly said?: Said;
    }
  | { readonly type: "part"; readonly progress: PartProgress; readonly sizeBytes: number }
  | Bad;

/** A frame whose transport knows how old it is. */
interface Told {
  readonly frame: string | Uint8Array;
  readonly said: Said;
}

interface Bad {
  readonly type: "bad";
  readonly cause: unknown;
}
