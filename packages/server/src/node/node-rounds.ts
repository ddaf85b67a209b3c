/** In its rounds a node asks the store what is new, applies it, and sees to it that somebody writes. */

import type { Runtime } from "../runtime/runtime.ts";
import { type ChainHead, type Confirmation, StoreFailure } from "../store/contract.ts";
import type { SharedStore } from "../store/node-table.ts";
import { chanceOf } from "./chance.ts";
import type { Asking, Confirmations } from "./confirmations.ts";
import type { DigestTelling } from "./digests/digest-telling.ts";
import type { Divergences } from "./digests/divergences.ts";
import { CannotFollow, type Following } from "./history/following.ts";
import type { NodeLink } from "./node-link.ts";
import type { NodeList } from "./node-list.ts";
import type { OwnTerms } from "./own-terms.ts";
import { Rounds } from "./rounds.ts";
import { TakeoverWatch } from "./takeover-watch.ts";

export class NodeRounds {
  /** So many rounds got no answer from the store. */
  failed = 0;
  readonly #parts: NodeRoundsParts;
  readonly #watch = new TakeoverWatch();
  readonly #rounds: Rounds;
  /** Another node has named this one its successor. */
  #named: Named | null = null;
  /** The last round got no answer. */
  #hasFailed = false;
  #mustReload = false;
  /** The newest takeover was made at the address of this node, before it started. */
  #comesBack = false;
  #isDraining = false;

  constructor(parts: NodeRoundsParts) {
    this.#parts = parts;
    this.#rounds = new Rounds(
      parts.runtime,
      () => this.#round(),
      () => this.#pauseMs(),
    );
  }

  soon(): void {
    this.#rounds.soon();
  }

  /** A store that gave no answer is asked again at the steady pace, whoever waits. */
  hurry(): void {
    if (!this.#hasFailed) this.soon();
  }

  /** A node that was the writer when it ended, or that comes to an empty store, need not wait until nothing has moved for long. */
  begin(address: string): void {
    const { takeover } = this.#parts.follower.state;
    if (takeover === null) this.#watch.nobodyWrites();
    this.#comesBack = takeover?.address === address;
    this.soon();
  }

  /** The memory can't be trusted any more. */
  mustReload(): void {
    this.#mustReload = true;
  }

  /** A term of this node has ended. */
  termIsOver({ outcome }: StoreFailure): void {
    // Nobody else may have taken over: then the doubt is settled by this node.
    if (outcome === "unknown") this.#watch.nobodyWrites();
    this.soon();
  }

  /** The node does not take over any more. */
  drain(): void {
    this.#isDraining = true;
  }

  /** It resolves with true once the node has taken over behind `place`, and with false when it has not. */
  takeOverFrom(place: ChainHead): Promise<boolean> {
    this.#answerNamed(false);
    return new Promise((resolve) => {
      this.#named = { place, resolve };
      this.soon();
    });
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  async #round(): Promise<void> {
    const { store, list, link, follower, terms, confirmations, onApplied } = this.#parts;
    const asking = confirmations.begin();
    const { place } = follower.state;
    const named = this.#named;
    try {
      const seen = await store.confirm();
      if (await list.readIfDue()) link?.listed(list.nodes);
      if (terms.writing !== null) await this.#asWriter(seen, asking, place);
      else await this.#asFollower(seen, asking);
      this.#hasFailed = false;
      onApplied();
      link?.applied();
    } catch (error) {
      this.#roundFailed(error);
    }
    // Who was named meanwhile is answered by the next round.
    if (this.#named === named) this.#answerNamed(false);
  }

  #roundFailed(error: unknown): void {
    if (error instanceof CannotFollow) return this.#parts.onBroken(error);
    this.failed += 1;
    this.#hasFailed = true;
    this.#watch.failed();
  }

  /** The node is the writer as long as the newest term is its own, and the chain goes on from what it has written. */
  async #asWriter(seen: Confirmation, asking: Asking, place: ChainHead | null): Promise<void> {
    const { terms, list, follower, confirmations } = this.#parts;
    if (seen.head?.term !== place?.term) return terms.endBecause(fencedBy("another node has taken over"));
    if ((seen.head?.sequence ?? 0) < (place?.sequence ?? 0))
      return terms.endBecause(fencedBy("the database came back without the newest entries"));
    if (seen.sure && follower.state.holds(seen.head)) confirmations.came(asking, seen.head);
    await terms.writing?.beatIfDue().catch(() => {}); // Whatever is wrong has ended the term.
    this.#tellDigests();
    await list.removeGone();
  }

  #tellDigests(): void {
    const { link, follower, telling } = this.#parts;
    const told = link === null ? null : telling.next(follower.state);
    if (told !== null) link?.tellDigests(told);
  }

  async #asFollower(seen: Confirmation, asking: Asking): Promise<void> {
    const { runtime, follower, confirmations, onRead } = this.#parts;
    // What stands there may not outlive the server that said so. Nobody is shown it, and nobody takes over behind it.
    if (!seen.sure) throw new StoreFailure("unknown", "the store answered with a warning");
    const read = this.#mustReload ? "lost" : await follower.readOn(seen.head?.sequence ?? 0);
    if (read === "lost") return this.#reload();
    follower.sees(seen);
    onRead();
    // What was read came behind the entry that was the newest when the node asked, so it was the newest one then or later.
    if (follower.state.holds(seen.head)) confirmations.came(asking, read);
    if (this.#comesBack) this.#lookWhoWasHere();
    this.#watch.saw(seen, asking.askedAt, runtime.now(), chanceOf(runtime.newId()));
    if (this.#isToTakeOver) await this.#takeOver(seen);
  }

  /** A node that is still listed at this address may be alive, and may write: it was given to two of them. */
  #lookWhoWasHere(): void {
    const { list } = this.#parts;
    this.#comesBack = false;
    if (!list.others.some(({ address }) => address === list.row.address)) this.#watch.nobodyWrites();
  }

  get #isToTakeOver(): boolean {
    const { list, runtime, follower, terms, replacesOlderModels } = this.#parts;
    if (this.#isDraining) return false;
    if (terms.hasOpenTakeover) return true;
    const { place, takeover } = follower.state;
    if ((takeover?.model ?? 0) > list.row.model) return false;
    if (list.hasOlder && !replacesOlderModels) return false;
    const isNamed = this.#named !== null && this.#named.place.sequence <= (place?.sequence ?? 0);
    return isNamed || this.#watch.isDue(runtime.now());
  }

  async #takeOver(seen: Confirmation): Promise<void> {
    const { runtime, follower, terms } = this.#parts;
    this.#watch.tried(runtime.now());
    const isTaken = await terms.takeOver();
    if (!isTaken) return;
    follower.sees({ head: follower.state.place, beat: seen.beat });
    this.#answerNamed(true);
  }

  #answerNamed(isTaken: boolean): void {
    this.#named?.resolve(isTaken);
    this.#named = null;
  }

  async #reload(): Promise<void> {
    const { follower, divergences } = this.#parts;
    this.#mustReload = true; // Nobody is served by now: where this fails, the next round does it, whatever it finds.
    const before = await follower.reload();
    this.#mustReload = false;
    this.#watch.failed();
    const { place } = follower.state;
    // A writer whose memory is not what is stored must not decide by it, and reads anew what this node tells in its turn.
    if (divergences.reloaded(before, follower.state) && place !== null) void this.takeOverFrom(place);
    this.soon();
  }

  #pauseMs(): number {
    const { link, runtime } = this.#parts;
    const steady = link?.isUp === true ? LINKED_PAUSE_MS : PAUSE_MS;
    const { dueAt } = this.#watch;
    return dueAt === null ? steady : Math.min(steady, Math.max(0, dueAt - runtime.now()));
  }
}

interface NodeRoundsParts {
  readonly store: SharedStore;
  readonly runtime: Runtime;
  readonly list: NodeList;
  readonly confirmations: Confirmations;
  readonly link: NodeLink | null;
  readonly follower: Following;
  readonly terms: OwnTerms;
  readonly telling: DigestTelling;
  readonly divergences: Divergences;
  readonly replacesOlderModels: boolean;
  /** All that was new has been read, and applied. */
  readonly onRead: () => void;
  /** A round has ended well, and the spaces may be others. */
  readonly onApplied: () => void;
  /** The node can't go on. */
  readonly onBroken: (error: CannotFollow) => void;
}

interface Named {
  /** It takes over once it has applied all up to this entry. */
  readonly place: ChainHead;
  readonly resolve: (isTaken: boolean) => void;
}

export function fencedBy(why: string): StoreFailure {
  return new StoreFailure("fenced", why);
}

/** The store is read so often, with a link by which entries come as they are committed, and without one (rule N3). */
const LINKED_PAUSE_MS = 1_000;
const PAUSE_MS = 250;
