/** Over HTTP nothing says which mutations a message has, so messages wait for an answer that is out, and not for long (rule U12). */

import type { Millis, Timer } from "@neverstale/base";
import type { Environment } from "../environment/environment.ts";
import type { Said } from "../transport/transport.ts";
import type { Deliver, GatedFrames } from "./mutating.ts";

export class FrameGate implements GatedFrames {
  readonly #io: Pick<Environment, "now" | "after">;
  readonly #deliver: Deliver;
  readonly #isAnswerOut: () => boolean;
  readonly #held: Held[] = [];
  #chars = 0;
  #timer: Timer | null = null;
  readonly #behind: (() => void)[] = [];

  constructor(io: Pick<Environment, "now" | "after">, deliver: Deliver, isAnswerOut: () => boolean) {
    this.#io = io;
    this.#deliver = deliver;
    this.#isAnswerOut = isAnswerOut;
  }

  /** Frames of a WebSocket wait for nothing: its messages say it. */
  push(frame: string | Uint8Array, said?: Said): void {
    if (said === undefined || (this.#held.length === 0 && !this.#isAnswerOut())) return this.#deliver(frame, said);
    this.#held.push({ frame, said, cameAt: this.#io.now() });
    this.#chars += frame.length;
    this.#timer ??= this.#io.after(LONGEST_MS, () => this.release());
    if (this.#held.length > MOST_FRAMES || this.#chars > MOST_CHARS) this.release();
  }

  /** They are older by as long as they were held. */
  release(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#chars = 0;
    for (const { frame, said, cameAt } of this.#held.splice(0)) {
      const heldMs = this.#io.now() - cameAt;
      this.#deliver(frame, { ...said, atLeastMs: said.atLeastMs + heldMs, atMostMs: said.atMostMs + heldMs });
    }
    for (const run of this.#behind.splice(0)) run();
  }

  whenTaken(run: () => void): boolean {
    if (this.#held.length === 0) return false;
    this.#behind.push(run);
    return true;
  }
}

interface Held {
  readonly frame: string | Uint8Array;
  readonly said: Said;
  readonly cameAt: Millis;
}

/** A message waits for so long at most. */
const LONGEST_MS = 1_000;
/** So many wait at most. With one more all of them go on. */
const MOST_FRAMES = 256;
const MOST_CHARS = 1024 * 1024;
