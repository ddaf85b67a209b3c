/** An engine that is alone on its store takes over once, at the start, and decides until its process ends. */

import type { AnyState, AskedChange, LineAnswer, LineRequest, Model, SyncError } from "@neverstale/protocol";
import { limitsFrom } from "../limits/limits.ts";
import type { MutationCaller } from "../mutations/line-step.ts";
import { type DeskOptions, deskOf, type MutationDesk } from "../mutations/mutation-desk.ts";
import { AgeClock } from "../runtime/age-clock.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { Epochs } from "../space/lineage.ts";
import { SpaceModels } from "../space/space-models.ts";
import { Spaces } from "../space/spaces.ts";
import type { Store, StoreContents } from "../store/contract.ts";
import type { Engine, TermWork } from "./engine.ts";
import { Feed } from "./feed.ts";
import type { OpenOptions } from "./open-options.ts";
import { openSpaces } from "./opening/open-spaces.ts";
import type { Problems } from "./opening/problems.ts";
import { refusalsOf, sizesOf } from "./size-metrics.ts";
import { Decider } from "./term/decider.ts";
import { Term } from "./term/term.ts";
import { TermWorks } from "./term/term-works.ts";
import { writerMetrics } from "./term/writer-metrics.ts";
import type { Applied, Decide, TransactOptions } from "./transaction.ts";

export class Alone implements Engine {
  readonly spaces: Spaces;
  readonly feed: Feed;
  readonly refusal = null;
  readonly confirming = null;
  readonly node = null;
  readonly desk: MutationDesk;
  readonly #store: Store;
  readonly #decider: Decider;
  readonly #works: TermWorks;

  /** Reads the store, brings every space to memory, and takes over in a new epoch (rule E1). */
  static async open<M extends Model>(options: OpenOptions<M>, runtime: Runtime): Promise<Alone> {
    const contents = await options.store.read();
    try {
      return await Alone.#openOn(contents, options, runtime);
    } catch (error) {
      await options.store.close().catch(() => {}); // A process that can't open the store must not keep it locked.
      throw error;
    }
  }

  static async #openOn<M extends Model>(
    contents: StoreContents,
    options: OpenOptions<M>,
    runtime: Runtime,
  ): Promise<Alone> {
    const { store, onFailure = null, onProblems } = options;
    const limits = limitsFrom(options.limits);
    const epochs = new Epochs([...contents.epochs, runtime.newId()], limits.epochs);
    const models = new SpaceModels(options.model, options.spaces ?? {}, options.views);
    const byName = openSpaces(contents.spaces, models, epochs, limits.tombstones);
    const ages = new AgeClock(runtime, contents.ageAt);
    const term = new Term(store, runtime, ages, options.model.model, contents.head);
    await term.takeOver(epochs.today);
    const spaces = new Spaces(byName, models, epochs, limits, runtime);
    const feed = new Feed(runtime);
    const works = new TermWorks((run) => runtime.soon(run));
    const ended = (error: SyncError) => {
      works.stop();
      onFailure?.(error);
    };
    const parts = { store, term, spaces, feed, ages, runtime, doubts: null, onFailure: ended };
    const migrate = (options.migrate ?? null) as Decide<AnyState> | null;
    try {
      const decider = await Decider.begin(parts, { migrate, onProblems });
      return new Alone({ store, spaces, feed, decider, works }, options, runtime);
    } catch (error) {
      spaces.stop();
      throw error;
    }
  }

  private constructor(parts: AloneParts, options: DeskOptions, runtime: Runtime) {
    const { store, spaces, feed, decider, works } = parts;
    this.#store = store;
    this.spaces = spaces;
    this.feed = feed;
    this.#decider = decider;
    this.#works = works;
    this.desk = deskOf(this, options, runtime);
    works.start();
  }

  get problems(): Problems {
    return this.#decider.problems;
  }

  get isWriting(): boolean {
    return this.#decider.writer.isBusy;
  }

  get failure(): SyncError | null {
    return this.#decider.writer.failure;
  }

  apply(change: AskedChange, options: TransactOptions): Promise<Applied> {
    return this.#decider.calls.apply(change, options);
  }

  transact(decide: Decide<AnyState>, options: TransactOptions): Promise<Applied> {
    return this.#decider.calls.transact(decide, options);
  }

  mutate(request: LineRequest, caller: MutationCaller): Promise<LineAnswer> {
    return this.desk.carryOut(request, caller);
  }

  takeOver(): Promise<void> {
    return this.#decider.writer.takeOver();
  }

  untilTakenIn(): Promise<boolean> {
    return Promise.resolve(true);
  }

  onTerm(work: TermWork): () => void {
    return this.#works.add(work);
  }

  metrics(): Record<string, number> {
    const { writer } = this.#decider;
    return {
      ...sizesOf(this.spaces.values(), writer.keepIndexes),
      epochs: this.spaces.epochs.size,
      ...refusalsOf(writer.bounds),
      ...writerMetrics(writer),
    };
  }

  /** Nobody is there to take over. */
  drain(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    const { writer } = this.#decider;
    this.#works.stop();
    await writer.close();
    this.feed.close();
    writer.folder.stop();
    this.spaces.stop();
    try {
      if (this.failure === null) await writer.folder.foldAll(true);
    } finally {
      await this.#store.close(); // The changes that could not be folded are in the log.
    }
  }
}

interface AloneParts {
  readonly store: Store;
  readonly spaces: Spaces;
  readonly feed: Feed;
  readonly decider: Decider;
  readonly works: TermWorks;
}
