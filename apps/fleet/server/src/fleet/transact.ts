/** The fleet's state is changed here, one transaction at a time, and here it is known when the store takes no changes. */

import type { Fleet } from "@neverstale/fleet-domain";
import { type JsonValue, SyncError } from "@neverstale/protocol";
import type { Applied, Transaction, TransactOptions } from "@neverstale/server";
import { settleShares } from "../shares/settle-shares.ts";
import type { HostBudgets } from "./host-budgets.ts";
import type { Log } from "./log.ts";
import type { FleetMoment } from "./moment.ts";
import { note } from "./note.ts";
import { decidesHere, type FleetManager } from "./state.ts";
import { suggest } from "./suggest.ts";
import { Work } from "./work.ts";

export class Transactions {
  readonly moment: () => FleetMoment;
  readonly #manager: FleetManager;
  readonly #budgets: HostBudgets;
  readonly #log: Log;
  #storeTrouble: StoreTrouble | null = null;

  constructor({ manager, budgets, log, moment }: TransactionsOptions) {
    this.#manager = manager;
    this.#budgets = budgets;
    this.#log = log;
    this.moment = moment;
  }

  /** Null while the store takes changes. */
  get storeTrouble(): StoreTrouble | null {
    return this.#storeTrouble;
  }

  /** It resolves when what `decide` decided is stored. `result` is what that returned. */
  async transact<T>(
    decide: (work: Work) => T,
    options: TransactOptions = {},
  ): Promise<{ readonly applied: Applied; readonly result: T }> {
    let result: T | undefined;
    const applied = await this.#watched(
      this.#manager.transact((state, transaction) => {
        result = this.#decided(state, transaction, decide);
        return [];
      }, options),
    );
    return { applied, result: result as T };
  }

  /** With an idempotency key (rule D1) `result` is the first answer, for a repeat too. */
  async transactOnce<T extends JsonValue>(
    key: TransactOptions["key"],
    decide: (work: Work) => T,
  ): Promise<{ readonly applied: Applied; readonly result: T }> {
    const applied = await this.#watched(
      this.#manager.transact(
        (state, transaction) => ({
          changes: [],
          answer: this.#decided(state, transaction, decide),
        }),
        key === undefined ? {} : { key },
      ),
    );
    return { applied, result: applied.answer as T };
  }

  #decided<T>(state: Fleet, transaction: Transaction, decide: (work: Work) => T): T {
    const work = new Work(state, transaction, this.moment(), this.#budgets);
    const result = decide(work);
    settleShares(work);
    return result;
  }

  /**
   * It may be called at any node. Where changes are not decided, it decides on what this node knows, and the writer stores each
   * change by itself: so it is for what harms nobody when it is stored in part, or was known to be done already.
   */
  async transactAnywhere(decide: (work: Work) => void): Promise<void> {
    if (decidesHere(this.#manager)) await this.transact(decide);
    else
      await suggest(this.#manager, (transaction, state) =>
        decide(new Work(state, transaction, this.moment(), this.#budgets, true)),
      );
  }

  /** It resolves once all nodes know what was changed, or after 3 s: those that don't know it then show nothing more (rule N7). */
  async untilEverywhere(): Promise<void> {
    await this.#manager.untilTakenIn();
  }

  /** Another node decides changes from now on: it finds out by itself whether the store takes them. */
  forgetTrouble(): void {
    this.#storeTrouble = null;
  }

  async #watched(transaction: Promise<Applied>): Promise<Applied> {
    try {
      return await transaction;
    } catch (error) {
      if (isStoreAway(error) && decidesHere(this.#manager))
        this.#storeTrouble ??= { since: this.moment().iso, why: error.message, hint: error.hint };
      throw error;
    }
  }

  /** It looks whether a store that took no changes takes them again, with a change that is worth being told. */
  async tryStoreAgain(): Promise<void> {
    if (this.#storeTrouble === null) return;
    const message = `the store takes changes again; it had refused them since ${this.#storeTrouble.since}`;
    await this.transact((work) =>
      note(work, { category: "system", level: "warn", actor: "server", action: "store_recovered", message }),
    );
    this.#storeTrouble = null;
    this.#log.warn(message);
  }
}

export interface TransactionsOptions {
  readonly manager: FleetManager;
  readonly budgets: HostBudgets;
  readonly log: Log;
  readonly moment: () => FleetMoment;
}

export interface StoreTrouble {
  /** It is ISO 8601. */
  readonly since: string;
  readonly why: string;
  /** It says what to do about it. */
  readonly hint: string;
}

/** True when a change was refused because it can't be stored now: nothing has moved, and all else goes on. */
export function isStoreAway(error: unknown): error is SyncError {
  return error instanceof SyncError && error.code === "store_unavailable";
}
