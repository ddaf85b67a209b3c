/** The tally counts how much a group has come to so far, and the transaction that is being decided within it (rule S8). */

import { SyncError } from "@neverstale/protocol";
import type { Limits } from "./limits.ts";

export class Tally {
  readonly #limits: Limits;
  readonly #seen: BoundsSeen;
  /** These two count the group, evictions and answers included. */
  #changes = 0;
  #bytes = 0;
  #maxChanges = 0;
  #maxBytes = 0;
  #bytesBefore = 0;

  constructor(limits: Limits, seen: BoundsSeen) {
    this.#limits = limits;
    this.#seen = seen;
    this.begin(false);
  }

  /** From here on it counts the next transaction, which may be of any size when it is `unbounded`. */
  begin(unbounded: boolean): void {
    this.#noteSize();
    this.#bytesBefore = this.#bytes;
    this.#maxChanges = unbounded ? Number.POSITIVE_INFINITY : this.#changes + this.#limits.transactionChanges;
    this.#maxBytes = unbounded ? Number.POSITIVE_INFINITY : this.#bytes + this.#limits.transactionBytes;
  }

  #noteSize(): void {
    const size = this.#bytes - this.#bytesBefore;
    if (size > this.#seen.largestTransactionBytes) this.#seen.largestTransactionBytes = size;
  }

  /** Nothing more comes. The last transaction counts too. */
  end(): void {
    this.#noteSize();
  }

  /** The transaction holds as much as one may. */
  get isTransactionFull(): boolean {
    return this.#changes >= this.#maxChanges || this.#bytes >= this.#maxBytes;
  }

  /** The group takes no more calls. */
  get isGroupFull(): boolean {
    return this.#changes >= this.#limits.transactionChanges || this.#bytes >= this.#limits.groupBytes;
  }

  /** It throws `invalid_change`, with nothing counted, when that is beyond what a transaction may hold. */
  count(changes: number, bytes: number): void {
    if (this.#changes + changes > this.#maxChanges) {
      throw this.#refused(
        "transaction_changes",
        "a transaction has %s changes at most, its evictions included",
        SMALLER,
      );
    }
    if (this.#bytes + bytes > this.#maxBytes) {
      throw this.#refused("transaction_bytes", "a transaction has %s bytes at most, what it evicts included", SMALLER);
    }
    this.add(changes, bytes);
  }

  /**
   * Counts an eviction with the record that goes to the history, and returns its bytes. A record that is beyond the bound by
   * itself counts no more than the bound: else it could never leave.
   */
  countEviction(recordBytes: number, mayRefuse: boolean): number {
    const bytes = Math.min(recordBytes, this.#limits.recordBytes);
    if (mayRefuse) this.count(1, bytes);
    else this.add(1, bytes);
    return bytes;
  }

  /** It counts what can't be refused any more. */
  add(changes: number, bytes: number): void {
    this.#changes += changes;
    this.#bytes += bytes;
  }

  subtract(changes: number, bytes: number): void {
    this.#changes -= changes;
    this.#bytes -= bytes;
  }

  /** A record may stay as large as it is, however large that is. It may not become larger beyond the bound. */
  checkRecord(collection: string, id: string, bytes: number, bytesBefore: number): void {
    if (bytes <= this.#limits.recordBytes || bytes <= bytesBefore) return;
    const why = `a record has %s bytes at most, and ${collection}/${id} would have ${bytes}`;
    throw this.#refused("record_bytes", why, "Keep less in it");
  }

  /** The transaction can't bring the state beyond its bound, whatever it does. */
  hasRoom(stateBytes: number): boolean {
    return stateBytes + this.#maxBytes - this.#bytes <= this.#limits.stateBytes;
  }

  /** A change that makes a state smaller is taken however large the state is. */
  checkState(space: string, bytes: number, bytesBefore: number): void {
    if (bytes <= this.#limits.stateBytes || bytes <= bytesBefore) return;
    const why = `the state of a space has %s bytes at most, and that of "${space}" would have ${bytes}`;
    throw this.#refused("state_bytes", why, "Remove records");
  }

  checkSpaces(count: number): void {
    if (count > this.#limits.spaces) {
      throw this.#refused("spaces", "a store has %s spaces at most", "Remove some that have ended");
    }
  }

  #refused(bound: Bound, why: string, doNext: string): SyncError {
    this.#seen.refused[bound] += 1;
    const setting = SETTINGS[bound];
    return new SyncError("invalid_change", `${why.replace("%s", `${this.#limits[setting]}`)} (rule S8)`, {
      hint: `${doNext}, or raise \`${setting}\` in \`limits\`.`,
    });
  }
}

/** A refusal is counted under the bound of rule S8 that it is for. */
export type Bound = "record_bytes" | "transaction_bytes" | "transaction_changes" | "state_bytes" | "spaces";

/** It counts what the bounds have seen since the start. */
export class BoundsSeen {
  readonly refused: Record<Bound, number> = {
    record_bytes: 0,
    transaction_bytes: 0,
    transaction_changes: 0,
    state_bytes: 0,
    spaces: 0,
  };
  largestTransactionBytes = 0;
}

const SETTINGS = {
  record_bytes: "recordBytes",
  transaction_bytes: "transactionBytes",
  transaction_changes: "transactionChanges",
  state_bytes: "stateBytes",
  spaces: "spaces",
} as const;

const SMALLER = "Make several smaller transactions of it";
