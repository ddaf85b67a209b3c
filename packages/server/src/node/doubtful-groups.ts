/** Doubtful groups are those of which nobody knows whether they are stored: the next takeover settles it (rule T2). */

import type { Timer } from "@neverstale/base";
import type { SyncError } from "@neverstale/protocol";
import { storeUnavailable } from "../authority/told-failures.ts";
import type { DoubtfulGroup } from "../authority/writer.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { ChainEntry, ChainHead, Store } from "../store/contract.ts";

/**
 * A group is watched from the time at which it was sent: its entry may be read before its own answer fails to come. A term has one
 * on its way at most, and each doubtful one waits no longer than `LONGEST_WAIT_MS`.
 */
export class DoubtfulGroups {
  readonly #runtime: Pick<Runtime, "after">;
  readonly #sent = new Set<SentGroup>();

  constructor(runtime: Pick<Runtime, "after">) {
    this.#runtime = runtime;
  }

  /** So many wait to be settled. */
  get count(): number {
    let count = 0;
    for (const { doubt } of this.#sent) if (doubt !== null) count += 1;
    return count;
  }

  /** A group was sent. If it is stored, it stands at `place`. */
  send(place: ChainHead): SentGroup {
    const sent: SentGroup = { place, found: null, isSettled: false, doubt: null };
    this.#sent.add(sent);
    return sent;
  }

  /** Its answer has come. */
  answered(sent: SentGroup): void {
    this.#sent.delete(sent);
  }

  /** The outcome is unknown. `reason` is what its calls are told when nobody settles it in time. */
  add(sent: SentGroup, group: DoubtfulGroup, reason: SyncError): void {
    const timer = this.#runtime.after(LONGEST_WAIT_MS, () => this.#end(sent, () => group.reject(reason)));
    sent.doubt = { group, reason, timer };
    if (sent.isSettled) this.#settle(sent);
  }

  /** The node has applied an entry. What stands below a takeover is committed for good, and all else never will be. */
  applied(entry: ChainEntry): void {
    for (const sent of this.#sent) {
      const { place } = sent;
      if (sent.isSettled) continue;
      if (entry.sequence === place.sequence && entry.term === place.term) sent.found = true;
      else if (entry.type === "takeover" && entry.sequence >= place.sequence) this.#settle(sent);
    }
  }

  /** A takeover stands behind its place. */
  #settle(sent: SentGroup): void {
    const { found, doubt } = sent;
    sent.isSettled = true;
    if (doubt === null) return; // Its answer may still come.
    const { group, reason } = doubt;
    this.#end(sent, () => {
      if (found === true) group.resolve();
      else group.reject(found === "unknown" ? reason : notStored());
    });
  }

  /**
   * The node has read everything anew, with `takeover` as the newest one. What it had seen may be gone, and what it never saw may be
   * there, so the chain is asked.
   */
  async reloaded(store: Pick<Store, "readChain">, takeover: ChainHead | null): Promise<void> {
    for (const sent of [...this.#sent]) {
      const { place } = sent;
      if (sent.isSettled) continue;
      const entries = await store.readChain({ afterSequence: place.sequence - 1, limit: 1 });
      if (sent.isSettled) continue;
      const [entry] = entries === "trimmed" ? [] : entries;
      sent.found = entries === "trimmed" ? "unknown" : entry?.sequence === place.sequence && entry.term === place.term;
      if (entries === "trimmed" || (takeover?.sequence ?? 0) >= place.sequence) this.#settle(sent);
    }
  }

  /** Nobody will settle them any more. */
  close(): void {
    for (const sent of this.#sent) {
      const { doubt } = sent;
      if (doubt !== null) this.#end(sent, () => doubt.group.reject(doubt.reason));
    }
  }

  #end(sent: SentGroup, answer: () => void): void {
    sent.doubt?.timer.cancel();
    if (this.#sent.delete(sent)) answer();
  }
}

export interface SentGroup {
  readonly place: ChainHead;
  /** It stands in the chain, and may still be lost before the next takeover. It is unknown where the chain does not go back so far. */
  found: boolean | "unknown" | null;
  /** A takeover stands behind its place, so that nothing of it changes any more. */
  isSettled: boolean;
  /** It is null as long as its answer may come. */
  doubt: Doubt | null;
}

interface Doubt {
  readonly group: DoubtfulGroup;
  readonly reason: SyncError;
  readonly timer: Timer;
}

function notStored(): SyncError {
  return storeUnavailable("another node took over before it was stored");
}

/** Whoever waits longer is told `outcome_unknown`. */
const LONGEST_WAIT_MS = 10_000;
