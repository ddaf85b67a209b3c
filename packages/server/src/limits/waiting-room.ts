/** The waiting room bounds the calls that wait, by their number and by the bytes that were taken with them. */

import { SyncError } from "@neverstale/protocol";
import type { Limits } from "./limits.ts";

/**
 * They wait for the writer, for the answer that is stored under their key, or for an earlier call with it. Nobody can count
 * the memory that a decision closes over.
 */
export class WaitingRoom {
  #calls = 0;
  #bytes = 0;
  readonly #limits: Pick<Limits, "waitingCalls" | "waitingBytes">;

  constructor(limits: Pick<Limits, "waitingCalls" | "waitingBytes">) {
    this.#limits = limits;
  }

  get calls(): number {
    return this.#calls;
  }

  get bytes(): number {
    return this.#bytes;
  }

  enter(bytes: number): void {
    this.#calls += 1;
    this.#bytes += bytes;
  }

  leave(bytes: number): void {
    this.#calls -= 1;
    this.#bytes -= bytes;
  }

  /**
   * It says why nobody else may wait, or returns null. A call that is let in may be of any size, so the bytes are passed by one
   * at most.
   */
  refusal(): SyncError | null {
    if (this.#calls >= this.#limits.waitingCalls) return tooMany(`${this.#calls} calls wait`);
    if (this.#bytes >= this.#limits.waitingBytes) return tooMany(`calls with ${this.#bytes} bytes of changes wait`);
    return null;
  }
}

function tooMany(what: string): SyncError {
  return new SyncError("too_many_requests", `${what} for the store already`, {
    hint: "Wait for some of them before you make more.",
    retryAfterMs: 1_000,
  });
}
