/** The knowledge of a node says what it may tell of the head, by the age of its newest confirmation (rules N4 to N7). */

import type { Millis } from "@neverstale/base";
import type { CommittedGroups } from "../committed-groups.ts";

/** Where a process is alone on its store, all that it holds is the newest. */
export class Knowledge {
  readonly #groups: Pick<CommittedGroups, "confirming" | "runtime">;

  constructor(groups: Pick<CommittedGroups, "confirming" | "runtime">) {
    this.#groups = groups;
  }

  /** Others may have committed what this node has not heard of. */
  get mayLag(): boolean {
    return this.#groups.confirming !== null;
  }

  /** It may say now that a reader is level, or that one lags (rule N4). */
  get mayVouch(): boolean {
    const { confirming, runtime } = this.#groups;
    return confirming === null || runtime.now() - confirming.vouchedAt <= VOUCHED_MS;
  }

  /** It may put deltas and full states (rule N7). */
  get mayServe(): boolean {
    const { confirming, runtime } = this.#groups;
    return confirming === null || runtime.now() - confirming.askedAt <= SERVED_MS;
  }

  /** It is a mark of this moment, for `isNewerThan`. */
  get begun(): number {
    return this.#groups.confirming?.begun ?? 0;
  }

  /** A confirmation has come that was begun after the moment of the mark. */
  isNewerThan(begun: number): boolean {
    const { confirming } = this.#groups;
    return confirming === null || confirming.newest > begun;
  }

  /** Has a confirmation begun soon. */
  ask(): void {
    this.#groups.confirming?.ask();
  }
}

/** A `sync` goes by a confirmation that is not older. */
const VOUCHED_MS: Millis = 1_000;
/** A node that has not confirmed for so long may be cut off from what is committed. */
const SERVED_MS: Millis = 3_000;
