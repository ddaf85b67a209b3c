/** A transaction is what one caller decides: on the state it is given, synchronously, all or nothing. */

import type { AnyState, AskedChange, JsonValue, Model, StateOf } from "@neverstale/protocol";

/** By this a decision sees and changes the spaces beyond the main one. All of it is one transaction. */
export interface Transaction {
  /** It returns the state of a space as the transactions before this one leave it, or null when there is no such space. */
  state(space: string): AnyState | null;
  /** Adds changes to a space. The first one makes the space. It throws `invalid_change` at once when one is refused. */
  add(space: string, changes: readonly AskedChange[]): void;
  /**
   * Makes a space, and returns its state. The space is there from then on though it has no record yet. It throws
   * `invalid_change` when there is a space of that name, and `unknown_space` when no model is declared for the name. A `model`
   * that is given must be the very one that is declared: a model holds code, which can't be stored, so a space has the model
   * of its name at every start.
   */
  createSpace<M extends Model = Model>(space: string, model?: M): StateOf<M>;
  /**
   * Ends a space with its log, and closes its followers with 4404 (rule S9). It throws `unknown_space` when there is none, and
   * `invalid_change` for the main space.
   */
  removeSpace(space: string, options: RemoveOptions): void;
}

export interface RemoveOptions {
  /**
   * With true the records that the space still holds go to the history as if they were evicted, and count for this transaction
   * as evictions do. All its history can be read for as long as history is kept. With false its history is deleted.
   */
  readonly archive: boolean;
}

/**
 * It decides on the state that it is given, synchronously. It runs once. The changes that it returns go to the main space,
 * and are copied. Records are frozen: they are altered by changes alone, and code that edits one throws. Whatever a decision
 * throws rejects this call alone, with nothing of it stored (rule A3).
 */
export type Decide<State> = (state: State, transaction: Transaction) => readonly AskedChange[] | Decision;

export interface Decision {
  readonly changes: readonly AskedChange[];
  /** The answer is stored with the idempotency key, and given again to a repeat (rule D1). */
  readonly answer?: JsonValue;
}

export interface TransactOptions {
  /** The call is mostly about this space, `main` when absent. The writer takes turns between spaces (rule A2). */
  readonly space?: string;
  /** With true the call may wait up to 100 ms for a commit that takes place anyway (rule S6). */
  readonly ephemeral?: boolean;
  /**
   * The idempotency key of rule D1. `id` holds user and route too; the same id with another `bodyHash` is `key_reused`. `owner`
   * says whose key it is, since answers are bounded for each owner. `madeAt` says when it was made, by its maker's clock
   * (`timeOfKey`); a key that is older than the answers still kept of its owner is `key_expired`. Without `madeAt` a repeat is
   * known only as long as its answer is kept.
   */
  readonly key?: {
    readonly id: string;
    readonly bodyHash: string;
    readonly owner?: string;
    readonly madeAt?: number;
  };
}

export interface Applied {
  /** This is today's epoch, also for a repeat. */
  readonly epoch: string;
  /** From this version of the main space on, the effect is in the state. */
  readonly version: number;
  /** It says so for each space that was changed. It is empty for a repeat. */
  readonly versions: Readonly<Record<string, number>>;
  readonly answer: JsonValue | null;
  /** With true this is the first answer, given again. */
  readonly replayed: boolean;
}
