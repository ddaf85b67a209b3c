import { SyncError } from "@neverstale/protocol";
import type { Limits } from "./limits.ts";

/** The bounds of rule S8, as they are counted when something is refused for one of them. */
export type Bound = "record_bytes" | "transaction_bytes" | "transaction_changes" | "state_bytes" | "spaces";

/** What the bounds of rule S8 have seen since the start. */
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

/** How much a group, and the transaction that is being decided within it, have come to so far (rule S8). */
export class Tally {
  readonly #limits: Limits;
  readonly #seen: BoundsSeen;
  /** Of the group, evictions and answers included. */
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

  /** From here on it is the next transaction's. `unbounded`: it may be of any size. */
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

  /** Nothing more comes: the last transaction counts too. */
  end(): void {
    this.#noteSize();
  }

  /** Whether the transaction holds as much as one may. */
  get isTransactionFull(): boolean {
    return this.#changes >= this.#maxChanges || this.#bytes >= this.#maxBytes;
  }

  /** Whether the group takes no more calls. */
  get isGroupFull(): boolean {
    return this.#changes >= this.#limits.transactionChanges || this.#bytes >= this.#limits.groupBytes;
  }

  /** Throws `invalid_change`, with nothing counted, when it is beyond what a transaction may hold. */
  take(changes: number, bytes: number): void {
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
   * An eviction with the record that goes to the history; returns its bytes. One that is beyond the bound by itself counts
   * no more than it: else it could never leave.
   */
  countEviction(recordBytes: number, mayRefuse: boolean): number {
    const bytes = Math.min(recordBytes, this.#limits.recordBytes);
    if (mayRefuse) this.take(1, bytes);
    else this.add(1, bytes);
    return bytes;
  }

  /** Counts what can't be refused any more. */
  add(changes: number, bytes: number): void {
    this.#changes += changes;
    this.#bytes += bytes;
  }

  takeBack(changes: number, bytes: number): void {
    this.#changes -= changes;
    this.#bytes -= bytes;
  }

  /** A record may stay as large as it is, however large that is; it may not become larger beyond the bound. */
  checkRecord(collection: string, id: string, bytes: number, bytesBefore: number): void {
    if (bytes <= this.#limits.recordBytes || bytes <= bytesBefore) return;
    const why = `a record has %s bytes at most, and ${collection}/${id} would have ${bytes}`;
    throw this.#refused("record_bytes", why, "Keep less in it");
  }

  /** Whether the transaction can't bring the state beyond its bound, whatever it does. */
  hasRoom(stateBytes: number): boolean {
    return stateBytes + this.#maxBytes - this.#bytes <= this.#limits.stateBytes;
  }

  /** What makes a state smaller is taken however large it is. */
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

const SETTINGS = {
  record_bytes: "recordBytes",
  transaction_bytes: "transactionBytes",
  transaction_changes: "transactionChanges",
  state_bytes: "stateBytes",
  spaces: "spaces",
} as const;

const SMALLER = "Make several smaller transactions of it";
