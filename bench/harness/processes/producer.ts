/** The producer asks the server for changes from within its process, so that only the work of the server is measured. */

import { machineNow } from "../clock.ts";
import { type AnyChange, seqOf } from "../records.ts";

const TICK_MS = 1;

/** Where a change is done when the call returns, other work gets its turn before the next change. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export class Producer {
  readonly #next: () => AnyChange;
  readonly #ask: (change: AnyChange) => Promise<unknown> | null;
  /** This is the `seq` of the newest change that was asked for. */
  asked: number;
  /** Every client has taken in the changes up to this one. */
  confirmed: number;
  /** The contender has said that so many changes are done. */
  done = 0;
  failure: string | null = null;
  /** The time at which the change `seq` was asked for stands at `seq - firstSeq`. */
  readonly askedAt: number[] = [];
  /** The change should have been asked for then. It was asked for later where the event loop was held up. */
  readonly dueAt: number[] = [];
  #bound = 0;
  #perTurn = 0;
  #running = false;
  #last = 0;
  #scheduled = false;

  readonly #records: number;

  constructor(records: number, next: () => AnyChange, ask: (change: AnyChange) => Promise<unknown> | null) {
    this.#next = next;
    this.#ask = ask;
    this.#records = records;
    this.asked = records;
    this.confirmed = records;
  }

  /**
   * It asks as fast as the server takes changes. `perTurn` of them come in each turn of its event loop, as from sockets that were
   * read. At most `bound` changes were asked for that some client has not taken in.
   */
  runWithin(bound: number, perTurn: number): void {
    this.#bound = bound;
    this.#perTurn = perTurn;
    this.#running = true;
    this.#schedule();
  }

  progress(seq: number): void {
    if (seq > this.confirmed) this.confirmed = seq;
    if (this.#running) this.#schedule();
  }

  stop(): void {
    this.#running = false;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#running) this.#slice();
    });
  }

  #slice(): void {
    for (let made = 0; made < this.#perTurn && this.asked - this.confirmed < this.#bound; made += 1) this.one();
    if (this.asked - this.confirmed < this.#bound) this.#schedule();
  }

  /** It resolves when `stop` was called or `total` changes were asked for, and the last change of each writer is done. */
  async runWriters(writers: number, total = Number.POSITIVE_INFINITY): Promise<void> {
    this.#running = true;
    this.#last = this.asked + total;
    await Promise.all(Array.from({ length: writers }, () => this.#writer()));
  }

  async #writer(): Promise<void> {
    while (this.#running && this.asked < this.#last) {
      const change = this.#next();
      this.asked = seqOf(change);
      try {
        await (this.#ask(change) ?? nextTurn());
        this.done += 1;
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  one(): void {
    const change = this.#next();
    this.asked = seqOf(change);
    try {
      const done = this.#ask(change);
      if (done === null) this.done += 1;
      else
        done.then(
          () => {
            this.done += 1;
          },
          (error: unknown) => this.#failed(error),
        );
    } catch (error) {
      this.#failed(error);
    }
  }

  /** It resolves when the contender has said that every change is done, and rejects when it has refused one. */
  async allDone(): Promise<void> {
    while (this.done < this.asked - this.#records) {
      if (this.failure !== null) throw new Error(this.failure);
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
  }

  /**
   * It asks for `perSecond` changes in each second, evenly, and notes when each was due and asked for. It resolves after
   * `seconds`.
   */
  runAtRate(perSecond: number, seconds: number): Promise<void> {
    const start = machineNow();
    const total = perSecond * seconds;
    let made = 0;
    return new Promise((resolve) => {
      const timer = setInterval(() => {
        const due = Math.min(total, Math.floor(((machineNow() - start) * perSecond) / 1e3));
        for (; made < due; made += 1) {
          this.askedAt.push(machineNow());
          this.dueAt.push(start + ((made + 1) * 1e3) / perSecond);
          this.one();
        }
        if (made < total) return;
        clearInterval(timer);
        resolve();
      }, TICK_MS);
    });
  }

  #failed(error: unknown): void {
    this.failure ??= error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.stop();
  }
}
