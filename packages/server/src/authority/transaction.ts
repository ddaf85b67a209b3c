/** A transaction is what one caller decides: on the state it is given, synchronously, all or nothing. */

import type { AskedChange, JsonValue, RemoveOptions, SpaceDeclarations, Transaction } from "@neverstale/protocol";

export type { RemoveOptions, Transaction };

/**
 * It decides on the state that it is given, synchronously. It runs once. The changes that it returns go to the main space,
 * and are copied. Records are frozen: they are altered by changes alone, and code that edits one throws. Whatever a decision
 * throws rejects this call alone, with nothing of it stored (rule A3).
 */
export type Decide<State, Spaces extends SpaceDeclarations = SpaceDeclarations> = (
  state: State,
  transaction: Transaction<Spaces>,
) => readonly AskedChange[] | Decision;

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
