/** Following is how a node applies the chain to what it holds, entry by entry, and how it finds out that its history is lost. */

import type { Feed } from "../../authority/feed.ts";
import type { Limits } from "../../limits/limits.ts";
import { messageOf } from "../../runtime/message-of.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { SpaceModels } from "../../space/space-models.ts";
import type { ChainEntry, ChainHead, Confirmation, Store } from "../../store/contract.ts";
import type { DoubtfulGroups } from "../doubtful-groups.ts";
import { ChainState } from "./chain-state.ts";
import { versionsLost } from "./versions-lost.ts";

export class Following {
  state: ChainState;
  /** It holds what others may be shown: after a reload its history may still be one that lost its tail (rule N9). */
  isServing = true;
  reloads = 0;
  /** So often its own entry was not in the chain, and so many versions were not there any more. */
  historyLost = 0;
  versionsLost = 0;
  /** The state is about to be dropped, so nothing is applied to it any more. */
  #isReloading = false;
  /** It knows that there is an entry of this number. */
  #newest = 0;
  /** This was there when it reloaded. */
  #reloadedAt: Seen | null = null;
  readonly #parts: FollowingParts;

  private constructor(parts: FollowingParts, state: ChainState) {
    this.#parts = parts;
    this.state = state;
  }

  static async open(parts: FollowingParts): Promise<Following> {
    const { store, models, limits, runtime } = parts;
    return new Following(parts, new ChainState(await store.read(), models, limits, runtime));
  }

  /** It has applied so many entries less than it knows of. */
  get lag(): number {
    return Math.max(0, this.#newest - (this.state.place?.sequence ?? 0));
  }

  /** The entry was pushed. False means that the store has to be read. */
  receive(entry: ChainEntry): boolean {
    if (this.#isReloading) return false;
    this.#newest = Math.max(this.#newest, entry.sequence);
    if (this.state.isNext(entry)) this.apply(entry);
    return this.state.isAt(entry);
  }

  /** The entry is the next one. */
  apply(entry: ChainEntry): void {
    const { doubts, feed } = this.#parts;
    const committed = able(() => this.state.apply(entry));
    doubts.applied(entry);
    if (entry.type === "takeover") feed.tookOver();
    else feed.publish(committed);
  }

  /**
   * Reads from its own entry on, up to `newest` at least where the chain goes so far, and returns the last entry that it has read.
   * With "lost" its own entry is not there: the chain is another one, or was trimmed.
   */
  async readOn(newest: number): Promise<ChainHead | null | "lost"> {
    this.#newest = Math.max(newest, this.state.place?.sequence ?? 0);
    for (;;) {
      const { place } = this.state;
      const entries = await this.#readFrom(place, newest);
      if (entries === "lost") return "lost";
      for (const entry of entries) if (this.state.isNext(entry)) this.apply(entry);
      const reached = this.state.place?.sequence ?? 0;
      if (reached >= newest || reached === (place?.sequence ?? 0)) return entries.at(-1) ?? place;
    }
  }

  /** Its own entry is the first of those that it reads, so that it is seen to stand there. */
  async #readFrom(place: ChainHead | null, newest: number): Promise<readonly ChainEntry[] | "lost"> {
    const { store } = this.#parts;
    const own = place?.sequence ?? 0;
    const entries = await store.readChain({ afterSequence: Math.max(0, own - 1), limit: ENTRIES_PER_READ });
    if (entries === "trimmed" || (place !== null && !isSame(entries[0], place))) return "lost";
    if (entries.length !== 1 || newest <= own || place === null) return entries;
    // There may be too much in the next one for both to be in one answer.
    const behind = await store.readChain({ afterSequence: own, limit: ENTRIES_PER_READ });
    return behind === "trimmed" ? "lost" : behind;
  }

  /** Drops what it holds, and reads everything anew (rule N9). Nobody is served before `sees` has seen that history goes on. It returns what it held. */
  async reload(): Promise<ChainState> {
    this.#isReloading = true;
    try {
      return await this.#reload();
    } finally {
      this.#isReloading = false;
    }
  }

  async #reload(): Promise<ChainState> {
    const { store, models, limits, runtime, feed, doubts } = this.#parts;
    if (this.isServing) feed.interrupt();
    this.isServing = false;
    const before = this.state;
    const contents = await store.read();
    const state = able(() => new ChainState(contents, models, limits, runtime));
    const { beat, server } = await store.confirm();
    await doubts.reloaded(store, state.takeover);
    const lost = await versionsLost(before, state, store);
    before.spaces.stop();
    this.reloads += 1;
    if (lost > 0) this.historyLost += 1;
    this.versionsLost += lost;
    this.#reloadedAt = { head: state.place, beat, server };
    this.state = state;
    return before;
  }

  /**
   * The store was seen so, and the node has read on since then. Where head or beat went up since it reloaded, the newest term is one
   * that lost nothing. This counts only where the node has applied the very entry that was seen as the newest one.
   */
  sees(seen: Seen): void {
    const before = this.#reloadedAt;
    if (this.isServing || before === null || !this.state.holds(seen.head)) return;
    const { head, beat, server } = seen;
    const hasGoneUp = (head?.sequence ?? 0) > (before.head?.sequence ?? 0);
    // Another server has a beat of its own, which says nothing of this one's.
    if (server !== before.server) this.#reloadedAt = { head: before.head, beat, server };
    if (!hasGoneUp && (server !== before.server || beat <= before.beat)) return;
    this.#reloadedAt = null;
    this.isServing = true;
  }
}

type Seen = Pick<Confirmation, "head" | "beat" | "server">;

export interface FollowingParts {
  readonly store: Store;
  readonly models: SpaceModels;
  readonly limits: Limits;
  readonly runtime: Runtime;
  readonly feed: Feed;
  readonly doubts: DoubtfulGroups;
}

/** The node does not understand what another one has stored, so it has to end (rule T6). */
export class CannotFollow extends Error {
  override readonly name = "CannotFollow";

  constructor(cause: unknown) {
    super(`this node can't follow: ${messageOf(cause)}`, { cause });
  }
}

function able<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw new CannotFollow(error);
  }
}

function isSame(entry: ChainEntry | undefined, { sequence, term }: ChainHead): boolean {
  return entry?.sequence === sequence && entry.term === term;
}

const ENTRIES_PER_READ = 1_000;
