/** A node engine is one of several on a shared store: it follows the chain, serves, and may become the writer. */

import {
  type AnyState,
  type AskedChange,
  DEFAULT_BEACON_MS,
  type LineAnswer,
  type LineRequest,
  type Model,
  SyncError,
} from "@neverstale/protocol";
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
import { beaconInterval } from "../followers/beacon-interval.ts";
import { limitsFrom } from "../limits/limits.ts";
import { BoundsSeen } from "../limits/tally.ts";
import type { MutationCaller } from "../mutations/line-step.ts";
import { type DeskOptions, deskOf, type MutationDesk } from "../mutations/mutation-desk.ts";
import { messageOf } from "../runtime/message-of.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { KeepIndexes } from "../space/keep-index.ts";
import { MAIN_SPACE, SpaceModels } from "../space/space-models.ts";
import type { Spaces } from "../space/spaces.ts";
import type { ChainEntry, ChainHead } from "../store/contract.ts";
import { type AliveNode, isSharedStore, type SharedStore } from "../store/node-table.ts";
import { Confirmations } from "./confirmations.ts";
import { DigestTelling, type ToldDigests } from "./digests/digest-telling.ts";
import { Divergences } from "./digests/divergences.ts";
import { DoubtfulGroups } from "./doubtful-groups.ts";
import { CannotFollow, Following } from "./history/following.ts";
import { NodeCalls } from "./node-calls.ts";
import type { AnswerTo, ForwardedCall, LinkedNode, NodeLink } from "./node-link.ts";
import { NodeList } from "./node-list.ts";
import type { NodeOptions } from "./node-options.ts";
import { fencedBy, NodeRounds } from "./node-rounds.ts";
import { OwnTerms } from "./own-terms.ts";
import { untilTakenIn } from "./taken-in.ts";

export class NodeEngine implements Engine, LinkedNode {
  readonly feed: Feed;
  readonly desk: MutationDesk;
  failure: SyncError | null = null;
  readonly #parts: NodeParts;
  readonly #follower: Following;
  readonly #doubts: DoubtfulGroups;
  readonly confirming: Confirmations;
  readonly #terms: OwnTerms;
  readonly #calls: NodeCalls;
  readonly #works: TermWorks;
  readonly #link: NodeLink | null;
  readonly #rounds: NodeRounds;
  readonly #divergences: Divergences;
  readonly #telling: DigestTelling;
  readonly #noIndexes = new KeepIndexes();
  readonly #nothingSeen = new BoundsSeen();
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
      const models = new SpaceModels(options.model, options.spaces ?? {}, options.views);
      const follower = await Following.open({ store, models, limits, runtime, feed, doubts });
      const list = new NodeList(row, store, runtime);
      const migrate = (options.migrate ?? null) as Decide<AnyState> | null;
      const start = { migrate, onProblems: options.onProblems };
      const { onFailure = null } = options;
      const parts = { store, runtime, feed, doubts, models, follower, list, node, start, onFailure };
      const engine = new NodeEngine(parts, options);
      await engine.#open();
      return engine;
    } catch (error) {
      await store.leaveNode().catch(() => {});
      await store.close().catch(() => {});
      throw error;
    }
  }

  private constructor(parts: NodeParts, options: DeskOptions) {
    const { runtime, feed, follower, doubts, models, node, list, store, start } = parts;
    this.#parts = parts;
    this.feed = feed;
    this.#doubts = doubts;
    this.#follower = follower;
    this.#shown = follower.state.spaces;
    this.#works = new TermWorks((run) => runtime.soon(run));
    this.#link = node.link?.(this) ?? null;
    this.#telling = new DigestTelling(runtime, beaconInterval(node.digestMs ?? DEFAULT_BEACON_MS));
    this.#divergences = new Divergences(runtime, node.onDivergence ?? (() => {}));
    const { address } = node;
    const own = { address, model: list.row.model, link: this.#link };
    const ask = () => this.#rounds.hurry();
    this.confirming = new Confirmations({ ask, place: () => this.place, runtime });
    const confirmations = this.confirming;
    this.#terms = new OwnTerms({
      ...{ store, follower, runtime, feed, doubts, confirmations, works: this.#works, start, ...own },
      onTerm: () => this.#calls.wake(),
      onOver: (failure) => this.#rounds.termIsOver(failure),
      onMemoryFailed: () => this.#rounds.mustReload(),
      onBroken: (error) => this.#fail(error),
    });
    const writerAddress = () => this.writerAddress;
    const { limits } = follower.state.spaces;
    this.desk = deskOf(this, options, runtime);
    this.#calls = new NodeCalls({
      ...{ terms: this.#terms, desk: this.desk, models, limits, runtime },
      ...{ link: this.#link, address, writerAddress },
    });
    this.#rounds = new NodeRounds({
      ...{ store, runtime, list, follower, confirmations, link: this.#link, terms: this.#terms },
      ...{ divergences: this.#divergences, telling: this.#telling },
      replacesOlderModels: node.replacesOlderModels === true,
      onRead: () => this.#calls.wake(),
      onApplied: () => this.#show(),
      onBroken: (error) => this.#fail(error),
    });
  }

  #open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#opened = { resolve, reject };
      this.#rounds.begin(this.#parts.node.address);
    });
  }

  get row() {
    return this.#parts.list.row;
  }

  get place(): ChainHead | null {
    return this.#follower.state.place;
  }

  get isDeciding(): boolean {
    return this.#terms.decider !== null;
  }

  get writerAddress(): string | null {
    return this.#follower.state.takeover?.address ?? null;
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
    const confirmationAgeMs = this.#parts.runtime.now() - this.confirming.askedAt;
    const listed = this.#parts.list.nodes.length;
    return { role: this.#role, term, isServing, lag, confirmationAgeMs, listed };
  }

  get #role(): NodeRole {
    if (this.#terms.writing !== null) return "writer";
    return this.#follower.isServing ? "follower" : "reloading";
  }

  /** The spaces are shown as soon as the main one is among them. */
  #show(): void {
    const { spaces } = this.#follower.state;
    if (spaces.get(MAIN_SPACE) === null) return;
    this.#shown = spaces;
    this.#opened?.resolve();
    this.#opened = null;
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

  dialledBy(id: string): void {
    const { list } = this.#parts;
    list.heardOf(id);
    if (list.isDue) this.#rounds.soon();
  }

  receive(entry: ChainEntry): void {
    if (this.failure !== null) return;
    try {
      if (this.#terms.mayFollow && this.#follower.receive(entry)) this.#calls.wake();
      else this.#rounds.soon();
    } catch (error) {
      this.#fail(error);
    }
  }

  compare(told: ToldDigests): void {
    if (this.failure !== null || !this.#terms.mayFollow) return;
    if (!this.#divergences.isIn(this.#follower.state, told)) return;
    this.#rounds.mustReload();
    this.#rounds.soon();
  }

  carryOut<Call extends ForwardedCall>(call: Call): Promise<AnswerTo<Call>> {
    return this.#calls.carryOut(call);
  }

  takeOverFrom(place: ChainHead): Promise<boolean> {
    return this.#rounds.takeOverFrom(place);
  }

  // The public face calls these.

  apply(change: AskedChange, options: TransactOptions): Promise<Applied> {
    return this.#calls.apply(change, options);
  }

  transact(decide: Decide<AnyState>, options: TransactOptions): Promise<Applied> {
    return this.#calls.transact(decide, options);
  }

  mutate(request: LineRequest, caller: MutationCaller): Promise<LineAnswer> {
    return this.#calls.mutate({ request, caller });
  }

  /** A node that is the writer goes on in another term. Any other becomes the writer as soon as it can. */
  async takeOver(): Promise<void> {
    const { decider } = this.#terms;
    if (decider !== null) return decider.writer.takeOver();
    const isTaken = await this.#rounds.takeOverFrom(this.#follower.state.place ?? { sequence: 0, term: "" });
    if (!isTaken) throw storeUnavailable(new Error("another node decides changes now"));
  }

  /** At a node that is not the writer nobody says what the others have applied, so the time alone counts. */
  untilTakenIn(): Promise<boolean> {
    const { list, runtime } = this.#parts;
    return untilTakenIn({ list, runtime, link: this.isDeciding ? this.#link : null, place: this.place });
  }

  onTerm(work: TermWork): () => void {
    return this.#works.add(work);
  }

  async drain(): Promise<void> {
    this.#rounds.drain();
    if (this.#terms.decider === null) return;
    await this.#terms.finish();
    if (!(await this.#nameOneOf(this.#parts.list.others))) await this.#nameOneOf(await this.#newlyListed());
  }

  async #nameOneOf(others: readonly AliveNode[]): Promise<boolean> {
    const { place } = this.#follower.state;
    if (this.#link === null || place === null) return false;
    for (const other of others) if (await this.#link.succeed(other, place).catch(() => false)) return true;
    return false;
  }

  /** A node may have listed itself since the list was read. A store that gives no answer is not waited for. */
  async #newlyListed(): Promise<readonly AliveNode[]> {
    const { list, runtime } = this.#parts;
    const known = new Set(list.others.map(({ id }) => id));
    await new Promise<void>((resolve) => {
      const timer = runtime.after(LIST_MS, resolve);
      const isRead = () => {
        timer.cancel();
        resolve();
      };
      list.read().then(isRead, isRead);
    });
    this.#link?.listed(list.nodes);
    return list.others.filter(({ id }) => !known.has(id));
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
      node_confirmation_age_ms: this.#parts.runtime.now() - this.confirming.askedAt,
      node_listed: this.#parts.list.nodes.length,
      node_waiting_calls: this.#calls.waiting.calls,
      node_waiting_bytes: this.#calls.waiting.bytes,
      node_doubtful_groups: this.#doubts.count,
      node_forwarded_total: this.#calls.forwarded,
      node_rounds_failed_total: this.#rounds.failed,
      takeovers_total: takeovers,
      fenced_total: fenced,
      history_lost_total: historyLost,
      history_lost_versions_total: versionsLost,
      reloads_total: reloads,
      node_digests_told_total: this.#telling.count,
      node_divergences_total: this.#divergences.found,
      node_divergent_records_total: this.#divergences.records,
      node_writer_divergences_total: this.#divergences.ofWriter,
      ...this.#link?.metrics(),
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

/** A node that ends waits so long for the list of those that may succeed it. */
const LIST_MS = 500;
