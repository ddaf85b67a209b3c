import { SyncError } from "@neverstale/protocol";
import type { Limits } from "./limits.ts";

/** How much a group, and the transaction that is being decided within it, have come to so far (rule S8). */
export class Tally {
  /** Of the group, evictions included. */
  changes = 0;
  readonly #limits: Limits;
  #changesBefore = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** From here on it is the next transaction's. */
  begin(): void {
    this.#changesBefore = this.changes;
  }

  /** Whether the transaction holds as much as one may. */
  get isTransactionFull(): boolean {
    return this.changes - this.#changesBefore >= this.#limits.transactionChanges;
  }

  /** Whether the group takes no more calls. */
  get isGroupFull(): boolean {
    return this.changes >= this.#limits.transactionChanges;
  }

  /** Counts one change; throws `invalid_change`, with nothing counted, when it is beyond what a transaction may hold. */
  take(): void {
    if (this.isTransactionFull) throw tooManyChanges(this.#limits.transactionChanges);
    this.changes += 1;
  }

  /** Counts one that can't be refused any more. */
  add(): void {
    this.changes += 1;
  }

  takeBack(): void {
    this.changes -= 1;
  }
}

function tooManyChanges(limit: number): SyncError {
  return new SyncError("invalid_change", `a transaction holds ${limit} changes at most, evictions included (rule S8)`, {
    hint: "Make several smaller transactions of it, or raise `transactionChanges` in `limits`.",
  });
}
