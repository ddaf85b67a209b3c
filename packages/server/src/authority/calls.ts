/** Calls come in here: they are checked and copied, a repeat under a key is answered, and the rest waits for the writer. */

import {
  type AnyState,
  type AskedChange,
  ignoreWhatComesLater,
  type Model,
  type TakenChange,
  takeChange,
} from "@neverstale/protocol";
import type { Runtime } from "../runtime/runtime.ts";
import { MAIN_SPACE } from "../space/space-models.ts";
import type { Spaces } from "../space/spaces.ts";
import type { Store } from "../store/contract.ts";
import type { Call } from "./deciding/group-draft.ts";
import { notDecided, refusedAtTheDoor, takeOptions } from "./door.ts";
import { Keys, keyOfToday } from "./keys.ts";
import type { Applied, Decide, Transaction, TransactOptions } from "./transaction.ts";
import type { Writer } from "./writer.ts";

export class Calls {
  readonly #spaces: Spaces;
  readonly #writer: Writer;
  readonly #runtime: Pick<Runtime, "wallTime">;
  readonly #keys: Keys;

  constructor(spaces: Spaces, writer: Writer, answers: Pick<Store, "findAnswer">, runtime: Pick<Runtime, "wallTime">) {
    this.#spaces = spaces;
    this.#writer = writer;
    this.#runtime = runtime;
    this.#keys = new Keys(answers, spaces.epochs, writer.waiting);
  }

  apply(change: AskedChange, options: TransactOptions): Promise<Applied> {
    try {
      return this.#apply(change, options === NO_OPTIONS ? options : takeOptions(options));
    } catch (error) {
      return refusedAtTheDoor(error, change, options);
    }
  }

  #apply(change: AskedChange, options: TransactOptions): Promise<Applied> {
    const { space = MAIN_SPACE, key } = options;
    if (space !== MAIN_SPACE || key !== undefined) return this.#applyDecided(change, options, space);
    const { model } = this.#spaces.main;
    const taken = takeChange(model, change);
    const ephemeral = options.ephemeral ?? isEphemeral(model, taken);
    return this.#enqueue(taken, ephemeral ? EPHEMERAL : NO_OPTIONS, taken.held);
  }

  /** A repeat under a key gets its answer, whatever is wrong with the change: that is said when it is decided. */
  #applyDecided(change: AskedChange, options: TransactOptions, space: string): Promise<Applied> {
    const { take, ephemeral, bytes } = this.#takeForLater(change, space);
    const decide = (_: AnyState, transaction: Transaction) => {
      transaction.add(space, [take()]);
      return [];
    };
    return this.#transact(decide, { ephemeral, ...options, space }, bytes);
  }

  #takeForLater(change: AskedChange, space: string) {
    try {
      const model = this.#spaces.models.of(space);
      const taken = takeChange(model, change);
      return { take: () => taken, ephemeral: isEphemeral(model, taken), bytes: taken.held };
    } catch (error) {
      ignoreWhatComesLater(change);
      const take = (): TakenChange => {
        throw error;
      };
      return { take, ephemeral: false, bytes: 0 };
    }
  }

  transact(decide: Decide<AnyState>, options: TransactOptions): Promise<Applied> {
    try {
      if (typeof decide !== "function") throw notDecided();
      return this.#transact(decide, options === NO_OPTIONS ? options : takeOptions(options));
    } catch (error) {
      return refusedAtTheDoor(error, decide, options);
    }
  }

  /** `ofChanges` counts the bytes of the changes that were taken with the call. */
  #transact(decide: Decide<AnyState>, options: TransactOptions, ofChanges = 0): Promise<Applied> {
    const bytes = ofChanges + heldByOptions(options);
    const { key } = options;
    // Then the writer says why no call is taken any more. The store would not be there to be asked.
    if (key === undefined || this.#writer.refuses) return this.#enqueue(decide, options, bytes);
    const kept = keyOfToday(key, this.#runtime.wallTime());
    return this.#keys.once(key, bytes, () => this.#enqueue(decide, { ...options, key: kept }, bytes));
  }

  /** A transaction of any size, for before anyone is served (rule E6). */
  migrate(decide: Decide<AnyState>): Promise<Applied> {
    return this.#enqueue(decide, NO_OPTIONS, 0, true);
  }

  #enqueue(work: Call["work"], options: TransactOptions, bytes: number, unbounded = false): Promise<Applied> {
    return new Promise((resolve, reject) => this.#writer.enqueue({ work, options, bytes, unbounded, resolve, reject }));
  }
}

export const NO_OPTIONS: TransactOptions = {};
const EPHEMERAL: TransactOptions = { ephemeral: true };

function isEphemeral(model: Model, { rule }: TakenChange): boolean {
  return model.collections[rule.collection]?.ephemeral === true;
}

/** A call takes about so many bytes of memory beside its changes. */
function heldByOptions({ space, key }: TransactOptions): number {
  const ofKey = key === undefined ? 0 : key.id.length + key.bodyHash.length + (key.owner?.length ?? 0);
  return ofKey + (space?.length ?? 0);
}
