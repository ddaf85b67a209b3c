/** The eraser carries out erasures where changes are decided: first in the live state, then in the history. */

import { type Erasure, outputSpace } from "@neverstale/fleet-domain";
import { MAIN_SPACE } from "@neverstale/server";
import { accountsIn, type FleetManager } from "../fleet/state.ts";
import type { Transactions } from "../fleet/transact.ts";
import { ERASED_COLLECTIONS, type ErasedCollection, endErasure, eraseLive, eraseOutput, isLeftBy } from "./decide.ts";

/** A process that takes over just begins anew, since nothing is found twice. */
export class Eraser {
  readonly #parts: EraserParts;
  #records = 0;

  constructor(parts: EraserParts) {
    this.#parts = parts;
  }

  async round(): Promise<void> {
    const waiting = [...(accountsIn(this.#parts.manager)?.erasures.values() ?? [])];
    for (const erasure of waiting) await this.#carryOut(erasure);
  }

  async #carryOut(erasure: Erasure): Promise<void> {
    const { transactions } = this.#parts;
    let records = 0;
    for (;;) {
      const { result } = await transactions.transact((work) => eraseLive(work, erasure));
      records += result.records;
      this.#records += result.records;
      if (result.isOver) break;
      if (result.records === 0) return; // Something runs still: a later round goes on.
    }
    for (const collection of ERASED_COLLECTIONS) records += await this.#eraseHistory(erasure, collection);
    await transactions.transact((work) => endErasure(work, erasure, records));
  }

  async #eraseHistory(erasure: Erasure, collection: ErasedCollection): Promise<number> {
    const { manager, pause } = this.#parts;
    let erased = 0;
    for (let after = 0; ; ) {
      const rows = await manager.history({ space: MAIN_SPACE, collection, after, limit: ROWS });
      const gone = rows.filter(({ record }) => isLeftBy(erasure, collection, record));
      // The output goes first: its command is what leads to it.
      if (collection === "commands") for (const { id } of gone) await this.#eraseOutput(id);
      erased += await this.#drop(gone.map(({ position }) => position));
      const last = rows.at(-1);
      if (last === undefined || rows.length < ROWS) return erased;
      after = last.position;
      await pause();
    }
  }

  /** A command may have left the state just now, and its output has not. */
  async #eraseOutput(commandId: string): Promise<void> {
    const { manager, transactions } = this.#parts;
    if (manager.space(outputSpace(commandId)) !== null)
      await transactions.transact((work) => eraseOutput(work, commandId));
    for (;;) {
      const rows = await manager.history({ space: outputSpace(commandId), limit: ROWS });
      if (rows.length === 0) return;
      await this.#drop(rows.map(({ position }) => position));
    }
  }

  async #drop(positions: readonly number[]): Promise<number> {
    const dropped = await this.#parts.manager.dropHistory(positions);
    this.#records += dropped;
    return dropped;
  }

  get metrics(): { readonly [name: string]: number } {
    return {
      erasures: accountsIn(this.#parts.manager)?.erasures.size ?? 0,
      erasedRecords: this.#records,
    };
  }
}

const ROWS = 500;

export interface EraserParts {
  readonly manager: FleetManager;
  readonly transactions: Pick<Transactions, "transact">;
  readonly pause: () => Promise<void>;
}
