/** The own terms are those in which this node is the writer: how it takes over, what runs only then, and how a term ends. */

import { SyncError } from "@neverstale/protocol";
import type { Feed } from "../authority/feed.ts";
import type { Problems } from "../authority/opening/problems.ts";
import { Decider, type DeciderStart } from "../authority/term/decider.ts";
import type { TermWorks } from "../authority/term/term-works.ts";
import { outcomeUnknown, storeUnavailable } from "../authority/told-failures.ts";
import { AgeClock } from "../runtime/age-clock.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { type Store, StoreFailure, type Takeover } from "../store/contract.ts";
import type { Confirmations } from "./confirmations.ts";
import type { DoubtfulGroups } from "./doubtful-groups.ts";
import type { Following } from "./history/following.ts";
import type { NodeLink } from "./node-link.ts";
import { takeoverEntry, WritingStore } from "./writing-store.ts";

export class OwnTerms {
  /** So often the node has taken over, and so often it learned that somebody else had. */
  takeovers = 0;
  fenced = 0;
  readonly #parts: OwnTermsParts;
  #writing: WritingStore | null = null;
  /** It is null until the term takes calls. */
  #decider: Decider | null = null;
  /** It finishes what it has been given. The term may end before that. */
  #finishing: Decider | null = null;
  /** Its answer was lost, or is out. */
  #asked: Takeover | null = null;
  #isAsking = false;

  constructor(parts: OwnTermsParts) {
    this.#parts = parts;
  }

  /** It is null while this node takes no calls. */
  get decider(): Decider | null {
    return this.#decider;
  }

  /** The node is the writer, as far as it knows. */
  get writing(): WritingStore | null {
    return this.#writing;
  }

  /** Entries may be applied that others have made. */
  get mayFollow(): boolean {
    return this.#writing === null && !this.#isAsking;
  }

  get problems(): Problems {
    return this.#decider?.problems ?? { count: 0, found: [] };
  }

  /** The answer to a takeover was lost, and the entry may be there: it has to be asked for once more (rule T2). */
  get hasOpenTakeover(): boolean {
    const asked = this.#asked;
    const { state } = this.#parts.follower;
    if (asked === null) return false;
    return state.isAt(asked.after) || state.isAt({ sequence: (asked.after?.sequence ?? 0) + 1, term: asked.epoch });
  }

  /** The node has applied all that it knows of. It resolves when the node is the writer, or is known not to be. */
  async takeOver(): Promise<boolean> {
    const { follower, store, link, runtime, confirmations } = this.#parts;
    const takeover = this.hasOpenTakeover && this.#asked !== null ? this.#asked : this.#draw(runtime.newId());
    this.#asked = takeover;
    this.#isAsking = true;
    try {
      const asking = confirmations.begin();
      const entry = takeoverEntry(takeover, await store.takeOver(takeover));
      if (!follower.state.isAt(entry)) follower.apply(entry);
      confirmations.wrote(asking, entry);
      this.#asked = null;
      link?.push(entry);
    } catch (error) {
      this.#notTaken(error);
      return false;
    } finally {
      this.#isAsking = false;
    }
    this.takeovers += 1;
    await this.#begin();
    return this.#decider !== null;
  }

  #draw(epoch: string): Takeover {
    const { follower, runtime, address, model } = this.#parts;
    const { place: after, ageAt } = follower.state;
    const at = runtime.wallTime();
    return { epoch, address, model, at, ageAt: Math.min(at, ageAt ?? at), after };
  }

  #notTaken(error: unknown): void {
    const outcome = error instanceof StoreFailure ? error.outcome : "unknown";
    if (outcome !== "unknown") this.#asked = null;
    if (outcome === "fenced") this.fenced += 1;
  }

  /** Here begins all that may run only once: the node has applied all up to its own takeover (rule T7). */
  async #begin(): Promise<void> {
    const { store, follower, runtime, link, feed, doubts, confirmations, start } = this.#parts;
    const { state } = follower;
    let overNow = () => {};
    const over = new Promise<void>((resolve) => {
      overNow = resolve;
    });
    const draw = (epoch: string) => this.#draw(epoch);
    const onOver = (failure: StoreFailure) => {
      this.#over(writing, failure);
      overNow();
    };
    const onRowsLost = this.#parts.onMemoryFailed;
    const writing = new WritingStore({ store, state, runtime, link, confirmations, doubts, draw, onOver, onRowsLost });
    this.#writing = writing;
    const begun = Decider.begin(
      {
        store: writing,
        term: writing,
        spaces: state.spaces,
        feed,
        ages: new AgeClock(runtime, state.ageAt),
        runtime,
        doubts: { add: (group, reason) => doubts.add(writing.sent, group, reason) },
        onFailure: (reason) => this.#memoryFailed(writing, reason),
      },
      start,
    );
    const taken = begun.then(
      (decider) => this.#begun(writing, decider),
      (error) => this.#notBegun(writing, error),
    );
    await Promise.race([taken, over]);
  }

  #begun(writing: WritingStore, decider: Decider): void {
    if (writing.isOver) return decider.writer.end(termIsOver());
    this.#decider = decider;
    this.#parts.works.start();
    this.#parts.onTerm();
  }

  /** Where the store said no the term is over already. All else is wrong with the node itself. */
  #notBegun(writing: WritingStore, error: unknown): void {
    if (writing.isOver) return;
    this.endBecause(new StoreFailure("fenced", "the term could not begin", error));
    if (!isOfTheStore(error)) this.#parts.onBroken(error);
  }

  /** The store holds what the memory could not take in, so the memory is read anew. */
  #memoryFailed(writing: WritingStore, reason: SyncError): void {
    if (writing.isOver) return;
    this.#parts.onMemoryFailed();
    writing.end(new StoreFailure("unknown", "memory can't be trusted any more", reason));
  }

  /** Nothing more is written or told in this term, if there is one. */
  endBecause(failure: StoreFailure): void {
    this.#writing?.end(failure);
  }

  #over(writing: WritingStore, failure: StoreFailure): void {
    if (this.#writing !== writing) return;
    const decider = this.#decider ?? this.#finishing;
    this.#writing = null;
    this.#decider = null;
    this.#finishing = null;
    if (failure.outcome === "fenced") this.fenced += 1;
    this.#parts.works.stop();
    decider?.writer.end(failure.outcome === "fenced" ? termIsOver(failure) : outcomeUnknown(failure));
    this.#parts.onOver(failure);
  }

  /** Finishes the calls that wait, and writes nothing more (rule T5). */
  async finish(): Promise<void> {
    const [decider, writing] = [this.#decider, this.#writing];
    if (decider === null || writing === null) return;
    this.#decider = null; // Calls wait for the next writer.
    this.#finishing = decider;
    this.#parts.works.stop();
    await decider.writer.close();
    await writing.whenIdle();
    decider.writer.folder.stop();
    writing.end(new StoreFailure("fenced", "the node is drained"));
  }
}

export interface OwnTermsParts {
  readonly store: Store;
  readonly follower: Following;
  readonly runtime: Runtime;
  readonly feed: Feed;
  readonly doubts: DoubtfulGroups;
  readonly link: NodeLink | null;
  readonly confirmations: Confirmations;
  readonly works: TermWorks;
  readonly start: DeciderStart;
  readonly address: string;
  readonly model: number;
  /** A term takes calls. */
  readonly onTerm: () => void;
  /** A term is over. */
  readonly onOver: (failure: StoreFailure) => void;
  /** The memory can't be trusted any more: it has to be read anew. */
  readonly onMemoryFailed: () => void;
  /** The node can't go on. */
  readonly onBroken: (error: unknown) => void;
}

function termIsOver(cause?: unknown): SyncError {
  return storeUnavailable(new Error("another node decides changes now", { cause }));
}

function isOfTheStore(error: unknown): boolean {
  return error instanceof SyncError && (error.code === "store_unavailable" || error.code === "outcome_unknown");
}
