/** Rounds begin when something was committed, so that at a high rate changes merge (rule A4). */

import type { Millis, Timer } from "@neverstale/base";
import type { CommittedGroups } from "./committed-groups.ts";
import { Pace } from "./pace.ts";

export class RoundSchedule {
  readonly #groups: CommittedGroups;
  readonly #round: () => void;
  readonly #pace = new Pace();
  #committedAt: Millis = 0;
  /** So many changes were committed since the last round. */
  #waiting = 0;
  #next: Timer | null = null;

  /** `round` is called when the next one is due, and says by `measured` what it took. */
  constructor(groups: CommittedGroups, round: () => void) {
    this.#groups = groups;
    this.#round = round;
  }

  committed(changes: number): void {
    this.#waiting += changes;
    this.#committedAt = this.#groups.runtime.now();
    this.#schedule();
  }

  #schedule(): void {
    if (this.#next !== null) return;
    const now = this.#groups.runtime.now();
    const shortest = this.#pace.shortest(now);
    if (shortest === 0 && this.#pace.longest(now) === 0) this.#round();
    else this.#lookIn(Math.max(shortest, LOOK_AGAIN_MS));
  }

  /** Waits for changes to merge, as long as the pace allows, and no longer than they come. */
  #lookIn(delayMs: Millis): void {
    const longest = this.#pace.longest(this.#groups.runtime.now());
    this.#next = this.#groups.runtime.after(Math.min(delayMs, longest), () => {
      this.#next = null;
      const now = this.#groups.runtime.now();
      const comes = this.#groups.isWriting || now - this.#committedAt < LOOK_AGAIN_MS;
      if (comes && this.#pace.longest(now) > 0) this.#lookIn(LOOK_AGAIN_MS);
      else this.#round();
    });
  }

  /** Does the work of a round, and learns from it when the next one may begin. */
  measured(work: () => void): void {
    const { runtime } = this.#groups;
    const started = runtime.now();
    const changes = this.#waiting;
    this.#waiting = 0;
    work();
    const now = runtime.now();
    this.#pace.noteRound(now, now - started, changes, runtime.loopUtilization());
  }

  /** Everybody was told by other means. */
  told(): void {
    this.#waiting = 0;
  }

  stop(): void {
    this.#next?.cancel();
  }
}

/** A round that waits for changes to merge looks so often whether any are on their way. */
const LOOK_AGAIN_MS = 1;
