/** A node engine is one of several on a shared store: it follows the chain, serves, and may become the writer. */

import { type AnyState, type AskedChange, type Model, SyncError } from "@neverstale/protocol";
import type { Engine, NodeRole, NodeStatus, TermWork } from "../authority/engine.ts";
import { Feed } from "../authority/feed.ts";
import type { OpenOptions } from "../authority/open-options.ts";
import type { Problems } from "../authority/opening/problems.ts";
import { refusalsOf, sizesOf } from "../authority/size-metrics.ts";
import type { DeciderStart } from "../authority/term/decider.ts";
import { TermWorks } from "../authority/term/term-works.ts";
import { writerMetrics } from "../authority/term/writer-metrics.ts";
import { storeUnavailable } from "../authority/told-failures.ts";
import type { Applied, Decide, TransactOptions } from "../authority/transaction.ts";
import { limitsFrom } from "../limits/limits.ts";
import { BoundsSeen } from "../limits/tally.ts";
import { messageOf } from "../runtime/message-of.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { KeepIndexes } from "../space/keep-index.ts";
import { MAIN_SPACE, SpaceModels } from "../space/space-models.ts";
import type { Spaces } from "../space/spaces.ts";
import type { ChainEntry, ChainHead, Confirmation } from "../store/contract.ts";
import { StoreFailure } from "../store/contract.ts";
import { isSharedStore, type SharedStore } from "../store/node-table.ts";
import { chanceOf } from "./chance.ts";
import { Confirmations } from "./confirmations.ts";
import { DoubtfulGroups } from "./doubtful-groups.ts";
import { CannotFollow, Following } from "./following.ts";
import { NodeCalls } from "./node-calls.ts";
import type { ForwardedCall, LinkedNode, NodeLink } from "./node-link.ts";
import { NodeList } from "./node-list.ts";
import type { NodeOptions } from "./node-options.ts";
import { OwnTerms } from "./own-terms.ts";
import { Rounds } from "./rounds.ts";
import { TakeoverWatch } from "./takeover-watch.ts";

export class NodeEngine implements Engine, LinkedNode {
  readonly feed: Feed;
  readonly confirmations = new Confirmations(() => this.#rounds.soon());
  failure: SyncError | null = null;
  readonly #parts: NodeParts;
  readonly #follower: Following;
  readonly #doubts: DoubtfulGroups;
  readonly #terms: OwnTerms;
  readonly #calls: NodeCalls;
  readonly #works: TermWorks;
  readonly #link: NodeLink | null;
  readonly #watch = new TakeoverWatch();
  readonly #rounds: Rounds;
  readonly #noIndexes = new KeepIndexes();
  readonly #nothingSeen = new BoundsSeen();
  #roundsFailed = 0;
  /** Another node has named this one its successor. */
  #named: Named | null = null;
  #mustReload = false;
  #isDraining = false;
  /** A store that came back empty has no main space before the next takeover: until then the last ones are kept. */
  #shown: Spaces;
  #opened: { resolve(): void; reject(error: unknown): void } | null = null;

  /** It resolves once there is a main space. It lists itself before it reads (rule N7). */
  static async open<M extends Model>(
    options: OpenOptions<M> & { readonly node: NodeOptions },
    runtime: Runtime,
  ): Promise<NodeEngine> {
    const { store, node } = options;
    if (!isSharedStore(store)) throw new Error("`node` needs a store that several processes share");
    const row = { id: runtime.newId(), address: node.address, model: options.model.model, token: runtime.newId() };
    try {
      await store.enterNode(row);
      const feed = new Feed(runtime);
      const doubts = new DoubtfulGroups(runtime);
      const limits = limitsFrom(options.limits);
      const models = new SpaceModels(options.model, options.spaces ?? {});
      const follower = await Following.open({ store, models, limits, runtime, feed, doubts });
      const list = new NodeList(row, store, runtime);
      const migrate = (options.migrate ?? null) as Decide<AnyState> | null;
      const start = { migrate, onProblems: options.onProblems };
      const { onFailure = null } = options;
      const engine = new NodeEngine({ store, runtime, feed, doubts, models, follower, list, node, start, onFailure });
      await engine.#open();
      return engine;
    } catch (error) {
      await store.leaveNode().catch(() => {});
      await store.close().catch(() => {});
      throw error;
    }
  }

  private constructor(parts: NodeParts) {
    const { runtime, feed, follower, doubts, models, node, list, store, start } = parts;
    this.#parts = parts;
    this.feed = feed;
    this.#doubts = doubts;
    this.#follower = follower;
    this.#shown = follower.state.spaces;
    this.#works = new TermWorks((run) => runtime.soon(run));
    this.#link = node.link?.(this) ?? null;
    const { address } = node;
    const own = { address, model: list.row.model, link: this.#link };
    this.#terms = new OwnTerms({
      ...{ store, follower, runtime, feed, doubts, works: this.#works, start, ...own },
      onTerm: () => this.#calls.wake(),
      onOver: (failure) => this.#termIsOver(failure),
      onMemoryFailed: () => {
        this.#mustReload = true;
      },
      onBroken: (error) => this.#fail(error),
    });
    const writerAddress = () => this.#follower.state.takeover?.address ?? null;
    const { limits } = follower.state.spaces;
    this.#calls = new NodeCalls({
      terms: this.#terms,
      models,
      limits,
      runtime,
      link: this.#link,
      address,
      writerAddress,
    });
    this.#rounds = new Rounds(
      runtime,
      () => this.#round(),
      () => this.#pauseMs(),
    );
  }

  /** A node that was the writer when it ended, or that comes to an empty store, need not wait until nothing has moved for long. */
  #open(): Promise<void> {
    const { takeover } = this.#follower.state;
    if (takeover === null || takeover.address === this.#parts.node.address) this.#watch.nobodyWrites();
    return new Promise((resolve, reject) => {
      this.#opened = { resolve, reject };
      this.#rounds.soon();
    });
  }

  get row() {
    return this.#parts.list.row;
  }

  get spaces(): Spaces {
    return this.#shown;
  }

  get problems(): Problems {
    return this.#terms.problems;
  }

  get isWriting(): boolean {
    return this.#terms.decider?.writer.isBusy ?? false;
  }

  get refusal(): SyncError | null {
    return this.#follower.isServing ? null : notServing();
  }

  get node(): NodeStatus {
    const { state, lag, isServing } = this.#follower;
    const term = state.takeover === null ? null : { epoch: state.takeover.term, address: state.takeover.address };
    const confirmationAgeMs = this.#parts.runtime.now() - this.confirmations.askedAt;
    return { role: this.#role, term, isServing, lag, confirmationAgeMs };
  }

  get #role(): NodeRole {
    if (this.#terms.writing !== null) return "writer";
    return this.#follower.isServing ? "follower" : "reloading";
  }

  // What follows is one round.

  async #round(): Promise<void> {
    const { store, runtime, list } = this.#parts;
    const askedAt = runtime.now();
    const { place } = this.#follower.state;
    try {
      const seen = await store.confirm();
      if (await list.readIfDue()) this.#link?.listed(list.nodes);
      if (this.#terms.writing !== null) await this.#asWriter(seen, askedAt, place);
      else await this.#asFollower(seen, askedAt);
      this.#show();
    } catch (error) {
      this.#roundFailed(error);
    }
    this.#answerNamed(false);
  }

  #roundFailed(error: unknown): void {
    if (error instanceof CannotFollow) return this.#fail(error);
    this.#roundsFailed += 1;
    this.#watch.failed();
  }

  /** The node is the writer as long as the newest term is its own, and the chain goes on from what it has written. */
  async #asWriter(seen: Confirmation, askedAt: number, place: ChainHead | null): Promise<void> {
    if (seen.head?.term !== place?.term) return this.#terms.endBecause(fencedBy("another node has taken over"));
    if ((seen.head?.sequence ?? 0) < (place?.sequence ?? 0))
      return this.#terms.endBecause(fencedBy("the database came back without the newest entries"));
    if (seen.sure) this.confirmations.note(askedAt);
    await this.#terms.writing?.beatIfDue().catch(() => {}); // Whatever is wrong has ended the term.
    await this.#parts.list.removeGone();
  }

  async #asFollower(seen: Confirmation, askedAt: number): Promise<void> {
    const { runtime } = this.#parts;
    const newest = seen.head?.sequence ?? 0;
    if (this.#mustReload || !(await this.#follower.readOn(newest))) return this.#reload();
    this.#follower.sees(seen);
    this.#calls.wake();
    if (seen.sure && (this.#follower.state.place?.sequence ?? 0) >= newest) this.confirmations.note(askedAt);
    this.#watch.saw(seen, askedAt, runtime.now(), chanceOf(runtime.newId()));
    if (this.#isToTakeOver) await this.#takeOver(seen);
  }

  get #isToTakeOver(): boolean {
    if (this.#isDraining) return false;
    if (this.#terms.hasOpenTakeover) return true;
    const { list, node, runtime } = this.#parts;
    const { place, takeover } = this.#follower.state;
    if ((takeover?.model ?? 0) > list.row.model) return false;
    if (list.hasOlder && node.replacesOlderModels !== true) return false;
    const isNamed = this.#named !== null && this.#named.place.sequence <= (place?.sequence ?? 0);
    return isNamed || this.#watch.isDue(runtime.now());
  }

  async #takeOver(seen: Confirmation): Promise<void> {
    this.#watch.tried(this.#parts.runtime.now());
    const isTaken = await this.#terms.takeOver();
    if (!isTaken) return;
    this.#follower.sees({ head: this.#follower.state.place, beat: seen.beat });
    this.#answerNamed(true);
  }

  #answerNamed(isTaken: boolean): void {
    this.#named?.resolve(isTaken);
    this.#named = null;
  }

  async #reload(): Promise<void> {
    await this.#follower.reload();
    this.#mustReload = false;
    this.#watch.failed();
    this.#rounds.soon();
  }

  /** The spaces are shown as soon as the main one is among them. */
  #show(): void {
    const { spaces } = this.#follower.state;
    if (spaces.get(MAIN_SPACE) === null) return;
    this.#shown = spaces;
    this.#opened?.resolve();
    this.#opened = null;
  }

  #pauseMs(): number {
    const steady = this.#link?.isUp === true ? LINKED_PAUSE_MS : PAUSE_MS;
    const { dueAt } = this.#watch;
    return dueAt === null ? steady : Math.min(steady, Math.max(0, dueAt - this.#parts.runtime.now()));
  }

  #termIsOver({ outcome }: StoreFailure): void {
    // Nobody else may have taken over: then the doubt is settled by this node.
    if (outcome === "unknown") this.#watch.nobodyWrites();
    this.#rounds.soon();
  }

  /** The node can't go on: its process is to end (rule T6). */
  #fail(error: unknown): void {
    if (this.failure !== null) return;
    const failure = error instanceof Error && error.cause instanceof SyncError ? error.cause : error;
    const reason = failure instanceof SyncError ? failure : cannotGoOn(failure);
    this.failure = reason;
    this.#terms.endBecause(fencedBy("the node can't go on"));
    this.#end(reason);
    if (this.#opened !== null) this.#opened.reject(error instanceof CannotFollow ? reason : error);
    else this.#parts.onFailure?.(reason);
  }

  #end(reason: SyncError): void {
    this.#calls.close(reason);
    this.#rounds.stop().catch(() => {});
    this.#doubts.close();
    this.feed.close();
    this.#shown.stop();
    this.#follower.state.spaces.stop();
    this.#link?.close();
  }

  // The link calls these.

  receive(entry: ChainEntry): void {
    if (this.failure !== null) return;
    try {
      if (this.#terms.mayFollow && this.#follower.receive(entry)) this.#calls.wake();
      else this.#rounds.soon();
    } catch (error) {
      this.#fail(error);
    }
  }

  carryOut(call: ForwardedCall): Promise<Applied> {
    return this.#calls.carryOut(call);
  }

  takeOverFrom(place: ChainHead): Promise<boolean> {
    this.#answerNamed(false);
    return new Promise((resolve) => {
      this.#named = { place, resolve };
      this.#rounds.soon();
    });
  }

  // The public face calls these.

  apply(change: AskedChange, options: TransactOptions): Promise<Applied> {
    return this.#calls.apply(change, options);
  }

  transact(decide: Decide<AnyState>, options: TransactOptions): Promise<Applied> {
    return this.#calls.transact(decide, options);
  }

  /** A node that is the writer goes on in another term. Any other becomes the writer as soon as it can. */
  async takeOver(): Promise<void> {
    const { decider } = this.#terms;
    if (decider !== null) return decider.writer.takeOver();
    const isTaken = await this.takeOverFrom(this.#follower.state.place ?? { sequence: 0, term: "" });
    if (!isTaken) throw storeUnavailable(new Error("another node decides changes now"));
  }

  onTerm(work: TermWork): () => void {
    return this.#works.add(work);
  }

  async drain(): Promise<void> {
    this.#isDraining = true;
    if (this.#terms.decider === null) return;
    await this.#terms.finish();
    const { place } = this.#follower.state;
    if (this.#link === null || place === null) return;
    for (const other of this.#parts.list.others) {
      if (await this.#link.succeed(other, place).catch(() => false)) return;
    }
  }

  async close(): Promise<void> {
    const { store } = this.#parts;
    const reason = new SyncError("shutting_down", "the store is being closed");
    await this.drain();
    await this.#rounds.stop();
    this.#terms.endBecause(fencedBy("the node is closed"));
    this.#end(reason);
    await store.leaveNode().catch(() => {}); // The writer takes the row away when its counter has stood still.
    await store.close();
  }

  metrics(): Record<string, number> {
    const { decider, takeovers, fenced } = this.#terms;
    const { lag, reloads, historyLost, versionsLost, isServing } = this.#follower;
    return {
      ...sizesOf(this.#shown.values(), decider?.writer.keepIndexes ?? this.#noIndexes),
      epochs: this.#shown.epochs.size,
      ...refusalsOf(decider?.writer.bounds ?? this.#nothingSeen),
      ...(decider === null ? {} : writerMetrics(decider.writer)),
      node_is_writer: this.#terms.writing === null ? 0 : 1,
      node_is_serving: isServing ? 1 : 0,
      node_lag_entries: lag,
      node_confirmation_age_ms: this.#parts.runtime.now() - this.confirmations.askedAt,
      node_listed: this.#parts.list.nodes.length,
      node_waiting_calls: this.#calls.waiting.calls,
      node_waiting_bytes: this.#calls.waiting.bytes,
      node_doubtful_groups: this.#doubts.count,
      node_forwarded_total: this.#calls.forwarded,
      node_rounds_failed_total: this.#roundsFailed,
      takeovers_total: takeovers,
      fenced_total: fenced,
      history_lost_total: historyLost,
      history_lost_versions_total: versionsLost,
      reloads_total: reloads,
    };
  }
}

interface NodeParts {
  readonly store: SharedStore;
  readonly runtime: Runtime;
  readonly feed: Feed;
  readonly doubts: DoubtfulGroups;
  readonly models: SpaceModels;
  readonly follower: Following;
  readonly list: NodeList;
  readonly node: NodeOptions;
  readonly start: DeciderStart;
  readonly onFailure: ((error: SyncError) => void) | null;
}

interface Named {
  /** It takes over once it has applied all up to this entry. */
  readonly place: ChainHead;
  readonly resolve: (isTaken: boolean) => void;
}

function fencedBy(why: string): StoreFailure {
  return new StoreFailure("fenced", why);
}

function notServing(): SyncError {
  return new SyncError(
    "store_unavailable",
    "this node reads the store anew, and waits for a sign that its history goes on",
    {
      hint: "Come back in a moment, or go to another node.",
      retryAfterMs: 1_000,
    },
  );
}

function cannotGoOn(cause: unknown): SyncError {
  return new SyncError("store_newer_than_code", `this node can't go on: ${messageOf(cause)}`, {
    hint: "Start the release that the other nodes run.",
    cause,
  });
}

/** The store is read so often, with a link by which entries come as they are committed, and without one (rule N3). */
const LINKED_PAUSE_MS = 1_000;
const PAUSE_MS = 250;
