/** The digester brings the digests up to date while nothing is written. */

import type { Millis, Timer } from "@neverstale/base";
import type { Runtime } from "../runtime/runtime.ts";
import type { Space } from "./space.ts";

/**
 * A state that has just been loaded then costs nothing to the first who joins. While changes keep coming nothing is done
 * ahead, so that a record that moves often is summed once a beacon.
 */
export class Digester {
  readonly #runtime: Runtime;
  readonly #spaces: ReadonlyMap<string, Space>;
  #committedAt: Millis = 0;
  #timer: Timer | null = null;
  #stopped = false;

  constructor(runtime: Runtime, spaces: ReadonlyMap<string, Space>) {
    this.#runtime = runtime;
    this.#spaces = spaces;
  }

  committed(): void {
    this.#committedAt = this.#runtime.now();
    if (this.#timer === null) this.#lookIn(QUIET_MS);
  }

  #lookIn(delayMs: Millis): void {
    if (this.#stopped) return;
    this.#timer = this.#runtime.after(delayMs, () => {
      this.#timer = null;
      this.#look();
    });
  }

  #look(): void {
    const quietIn = this.#committedAt + QUIET_MS - this.#runtime.now();
    if (quietIn > 0) return this.#lookIn(quietIn);
    for (const space of this.#spaces.values()) {
      if (!space.sumSome(RECORDS_PER_SLICE)) return this.#lookIn(PAUSE_MS);
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }
}

/** A moment is quiet when nothing was committed for so long. */
const QUIET_MS = 50;
/** So long passes between two slices of the work, each of which takes about a millisecond. */
const PAUSE_MS = 1;
const RECORDS_PER_SLICE = 256;
