/** Those are held back who have something to be sent, and can't be sent it now: each is tried again from where it is. */

import type { Timer } from "@neverstale/base";
import type { Cursor } from "../cursor.ts";
import type { HubParts } from "../hub-parts.ts";
import type { Steps } from "../steps.ts";

export class HeldBack {
  readonly #parts: HubParts;
  /** It returns false when there is still something that can't be sent. */
  readonly #advance: (cursor: Cursor) => boolean;
  readonly #steps: Pick<Steps, "isDue">;
  /** They could not take it: the socket or the window was full. */
  readonly #full = new Set<Cursor>();
  /** They wait until the node knows more (rules N4, N5 and N7). */
  readonly #unconfirmed = new Set<Cursor>();
  #retry: Timer | null = null;

  constructor(parts: HubParts, steps: Pick<Steps, "isDue">, advance: (cursor: Cursor) => boolean) {
    this.#parts = parts;
    this.#steps = steps;
    this.#advance = advance;
  }

  /** The others are left alone. */
  add(cursor: Cursor): void {
    const waits = this.#waitsForConfirmation(cursor);
    if (waits) {
      this.#unconfirmed.add(cursor);
      this.#parts.knowledge.ask();
    }
    if (waits && !cursor.wire.congested) return;
    this.#full.add(cursor);
    this.#retry ??= this.#parts.groups.runtime.after(RETRY_MS, () => {
      this.#retry = null;
      for (const late of [...this.#full]) this.tryNow(late);
    });
  }

  #waitsForConfirmation(cursor: Cursor): boolean {
    const { knowledge } = this.#parts;
    const { owedCheck } = cursor;
    if (!knowledge.mayServe || (owedCheck !== null && !knowledge.isNewerThan(owedCheck.begun))) return true;
    return !knowledge.mayVouch && (owedCheck !== null || this.#steps.isDue(cursor) || cursor.couldBeLevel);
  }

  has(cursor: Cursor): boolean {
    return this.#full.has(cursor) || this.#unconfirmed.has(cursor);
  }

  /** It returns whether the cursor was held back. */
  remove(cursor: Cursor): boolean {
    const wasFull = this.#full.size > 0 && this.#full.delete(cursor);
    const wasUnconfirmed = this.#unconfirmed.size > 0 && this.#unconfirmed.delete(cursor);
    return wasFull || wasUnconfirmed;
  }

  /** Only a cursor that is held back goes on by itself. All others wait for the next round, which they share. */
  tryNow(cursor: Cursor): void {
    if (this.remove(cursor) && !this.#advance(cursor)) this.add(cursor);
  }

  /** The node knows more. */
  confirmed(): void {
    for (const cursor of [...this.#unconfirmed]) this.tryNow(cursor);
  }

  stop(): void {
    this.#retry?.cancel();
  }
}

/** A cursor that could not take what was for it is tried again after so long. */
const RETRY_MS = 4;
