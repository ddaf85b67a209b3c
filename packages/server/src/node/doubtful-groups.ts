/** Doubtful groups are those of which nobody knows whether they are stored: the next takeover settles it (rule T2). */

import type { Timer } from "@neverstale/base";
import type { SyncError } from "@neverstale/protocol";
import { storeUnavailable } from "../authority/told-failures.ts";
import type { DoubtfulGroup } from "../authority/writer.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { ChainEntry, ChainHead, Store } from "../store/contract.ts";

/** A term leaves one behind at most, and each waits no longer than `LONGEST_WAIT_MS`. */
export class DoubtfulGroups {
  readonly #runtime: Pick<Runtime, "after">;
  readonly #waiting = new Set<Waiting>();

  constructor(runtime: Pick<Runtime, "after">) {
    this.#runtime = runtime;
  }

  get count(): number {
    return this.#waiting.size;
  }

  /** If the group is stored, it stands at `place`. `reason` is what its calls are told when nobody settles it in time. */
  add(place: ChainHead, group: DoubtfulGroup, reason: SyncError): void {
    const timer = this.#runtime.after(LONGEST_WAIT_MS, () => this.#end(waiting, () => group.reject(reason)));
    const waiting: Waiting = { place, group, reason, timer, isSeen: false };
    this.#waiting.add(waiting);
  }

  /** The node has applied an entry. What stands below a takeover is committed for good, and all else never will be. */
  applied(entry: ChainEntry): void {
    for (const waiting of this.#waiting) {
      const { place } = waiting;
      if (entry.sequence === place.sequence && entry.term === place.term) waiting.isSeen = true;
      else if (entry.type === "takeover" && entry.sequence >= place.sequence) this.#settle(waiting);
    }
  }

  #settle(waiting: Waiting): void {
    const { group, isSeen } = waiting;
    this.#end(waiting, () => (isSeen ? group.resolve() : group.reject(notStored())));
  }

  /**
   * The node has read everything anew, with `takeover` as the newest one. What it had seen may be gone, and what it never saw may be
   * there, so the chain is asked.
   */
  async reloaded(store: Pick<Store, "readChain">, takeover: ChainHead | null): Promise<void> {
    for (const waiting of [...this.#waiting]) {
      const { place, group, reason } = waiting;
      const entries = await store.readChain({ afterSequence: place.sequence - 1, limit: 1 });
      if (entries === "trimmed") {
        this.#end(waiting, () => group.reject(reason));
        continue;
      }
      const [entry] = entries;
      waiting.isSeen = entry?.sequence === place.sequence && entry.term === place.term;
      if ((takeover?.sequence ?? 0) >= place.sequence) this.#settle(waiting);
    }
  }

  /** Nobody will settle them any more. */
  close(): void {
    for (const waiting of this.#waiting) this.#end(waiting, () => waiting.group.reject(waiting.reason));
  }

  #end(waiting: Waiting, answer: () => void): void {
    waiting.timer.cancel();
    if (this.#waiting.delete(waiting)) answer();
  }
}

interface Waiting {
  readonly place: ChainHead;
  readonly group: DoubtfulGroup;
  readonly reason: SyncError;
  readonly timer: Timer;
  /** It stands in the chain. It may still be lost before the next takeover. */
  isSeen: boolean;
}

function notStored(): SyncError {
  return storeUnavailable("another node took over before it was stored");
}

/** Whoever waits longer is told `outcome_unknown`. */
const LONGEST_WAIT_MS = 10_000;
