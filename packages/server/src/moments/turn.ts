/** The work on one state of the past is cut into slices, between which everybody else has a turn. */

import type { Millis } from "@neverstale/base";
import { SyncError } from "@neverstale/protocol";
import type { Pause } from "./kept-bases.ts";

export interface TurnParts {
  readonly now: () => Millis;
  readonly pause: Pause;
  readonly rebuildMs: Millis;
}

/** It is nobody's turn for long: the work stops for a moment after each few milliseconds, and ends after too many. */
export class Turn {
  readonly #parts: TurnParts;
  readonly #begun: Millis;
  #from: Millis;

  constructor(parts: TurnParts) {
    this.#parts = parts;
    this.#begun = parts.now();
    this.#from = this.#begun;
  }

  async next(): Promise<void> {
    const { now, pause, rebuildMs } = this.#parts;
    if (now() - this.#from < SLICE_MS) return;
    if (now() - this.#begun > rebuildMs) throw tooMuchWork(`longer than ${rebuildMs} ms`);
    await pause();
    this.#from = now();
  }
}

export function tooMuchWork(what: string): SyncError {
  return new SyncError("store_unavailable", `to make this state takes ${what}`, {
    hint: "Choose a moment that is nearer to another one, or try again when the server has less to do.",
  });
}

const SLICE_MS = 6;
