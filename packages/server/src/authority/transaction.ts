import type { AnyState, AskedChange, JsonValue } from "@neverstale/protocol";

/** What a decision sees and may do beyond the main space. All of it is one transaction. */
export interface Transaction {
  /** A space as it will be when this transaction runs: the committed state and what the batch did before. Null: there is none. */
  state(space: string): AnyState | null;
  /** Adds changes to a space; the first one makes the space. Throws `invalid_change` at once when one is refused. */
  add(space: string, changes: readonly AskedChange[]): void;
  /** Ends a space: its followers are closed with 4404. What it evicted stays in the history for its retention. */
  removeSpace(space: string): void;
}

/**
 * Decides on the state it is given, synchronously; runs once, unless it throws. The changes it returns go to the main
 * space; they are copied. Records are frozen: they are altered by changes alone, and what edits one throws. Whatever a
 * decision throws rejects this call alone, with nothing of it stored (rule A3).
 */
export type Decide<State> = (state: State, transaction: Transaction) => readonly AskedChange[] | Decision;

export interface Decision {
  readonly changes: readonly AskedChange[];
  /** Stored with the idempotency key, and given again to a repeat (rule D1). */
  readonly answer?: JsonValue;
}

export interface TransactOptions {
  /** The space the call is mostly about, `main` when absent: the writer takes turns between spaces (rule A2). */
  readonly space?: string;
  /** The call may wait up to 100 ms for a commit that takes place anyway (rule S6). */
  readonly ephemeral?: boolean;
  /**
   * Rule D1. `id` holds user and route too; the same id with another `bodyHash` is `key_reused`. `owner`: whose key it is,
   * answers are bounded for each. `madeAt`: when it was made, by its maker's clock (`timeOfKey`); one that is older than
   * the answers still kept of its owner is `key_expired`. Without it a repeat is known only as long as its answer is kept.
   */
  readonly key?: {
    readonly id: string;
    readonly bodyHash: string;
    readonly owner?: string;
    readonly madeAt?: number;
  };
}

export interface Applied {
  /** Today's epoch, also for a repeat. */
  readonly epoch: string;
  /** The version of the main space at which the effect is in the state. */
  readonly version: number;
  /** The same for each space that was changed; empty for a repeat. */
  readonly versions: Readonly<Record<string, number>>;
  readonly answer: JsonValue | null;
  /** Whether this is the first answer given again. */
  readonly replayed: boolean;
}
