/** An absence is a time in which the replica could not follow the authority: a cut, or a sleep. */

import type { Millis } from "@neverstale/base";
import type { SyncStatus } from "../machine/status.ts";

/** It is over: the replica was live before it, and is live again. */
export interface Absence {
  readonly durationMs: Millis;
  /** It is a wall time, in milliseconds since 1970. */
  readonly endedAt: number;
}

/** It measures by the clock that counts sleep, and is told of every turn, so that it knows to two seconds when an absence began. */
export class AbsenceWatch {
  #liveAt: Millis | null = null;
  #wasCut = false;
  #last: Absence | null = null;

  /** It returns the last absence: the same object until there is another one. */
  note({ type }: SyncStatus, now: Millis, wall: number): Absence | null {
    if (type === "live") this.#live(now, wall);
    else if (type !== "catching_up") this.#wasCut = true;
    return this.#last;
  }

  /** From here on another user's records are shown, or none. */
  forget(): void {
    this.#liveAt = null;
    this.#last = null;
  }

  #live(now: Millis, wall: number): void {
    const durationMs = now - (this.#liveAt ?? now);
    if (durationMs >= (this.#wasCut ? SHORTEST_MS : SLEPT_MS)) this.#last = { durationMs, endedAt: Math.round(wall) };
    this.#liveAt = now;
    this.#wasCut = false;
  }
}

/** A shorter cut goes unnoticed. */
const SHORTEST_MS = 5_000;
/** Without a cut, a live replica has turns much more often: it must have slept. */
const SLEPT_MS = 90_000;
