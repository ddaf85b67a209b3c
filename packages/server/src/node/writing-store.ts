/** The writing store is the store in one term of this node: it knows the term's newest entry, and when the term is over. */

import type { Millis } from "@neverstale/base";
import { assert } from "@neverstale/protocol";
import type { WritingTerm } from "../authority/writer.ts";
import type { Runtime } from "../runtime/runtime.ts";
import {
  type AnswerQuery,
  type ChainHead,
  type CommitGroup,
  type Fold,
  type GroupEntry,
  RowsLost,
  type Store,
  StoreFailure,
  type Takeover,
  type TakeoverEntry,
} from "../store/contract.ts";
import type { Asking, Confirmations } from "./confirmations.ts";
import type { DoubtfulGroups, SentGroup } from "./doubtful-groups.ts";
import type { ChainState } from "./history/chain-state.ts";
import type { NodeLink } from "./node-link.ts";

/** It has one writing statement out at a time (rule L1), but for folds, which go beside commits. */
export class WritingStore implements WritingTerm {
  readonly #store: Store;
  readonly #state: ChainState;
  readonly #runtime: Pick<Runtime, "now">;
  readonly #link: NodeLink | null;
  readonly #confirmations: Confirmations;
  readonly #draw: (epoch: string) => Takeover;
  readonly #onOver: (failure: StoreFailure) => void;
  readonly #onRowsLost: () => void;
  readonly #doubts: Pick<DoubtfulGroups, "send" | "answered">;
  #over: StoreFailure | null = null;
  /** It is stored, and not in memory yet. */
  #committed: CommitGroup | null = null;
  /** The store was asked to take it in then, and did so behind the newest entry. */
  #asking: Asking = { number: 0, askedAt: Number.NEGATIVE_INFINITY };
  /** The answer to a commit, a takeover or a beat is out. */
  #out: Promise<void> | null = null;
  #wroteAt: Millis;
  /** It is null before the first group of the term. */
  #sent: SentGroup | null = null;

  constructor({ store, state, runtime, link, confirmations, doubts, draw, onOver, onRowsLost }: WritingStoreParts) {
    this.#store = store;
    this.#state = state;
    this.#runtime = runtime;
    this.#link = link;
    this.#confirmations = confirmations;
    this.#draw = draw;
    this.#onOver = onOver;
    this.#onRowsLost = onRowsLost;
    this.#doubts = doubts;
    this.#wroteAt = runtime.now();
  }

  get isOver(): boolean {
    return this.#over !== null;
  }

  /** This group was sent last. */
  get sent(): SentGroup {
    assert(this.#sent !== null, "a group of this term was sent");
    return this.#sent;
  }

  /** Nothing is written in this term any more. */
  end(failure: StoreFailure): void {
    if (this.#over !== null) return;
    this.#over = failure;
    this.#onOver(failure);
  }

  async whenIdle(): Promise<void> {
    while (this.#out !== null) await this.#out;
  }

  commit(group: CommitGroup): void | Promise<void> {
    if (this.#out !== null) return this.#out.then(() => this.commit(group));
    if (this.#over !== null) throw new StoreFailure("fenced", "the term of this node is over", this.#over);
    const sent = this.#doubts.send(behind(this.#state.place));
    this.#sent = sent;
    this.#asking = this.#confirmations.begin();
    let outcome: void | Promise<void>;
    try {
      outcome = this.#store.commit(group);
    } catch (error) {
      throw this.#notStored(sent, this.#failed(error));
    }
    if (!(outcome instanceof Promise)) return this.#stored(sent, group);
    return this.#waitFor(outcome).then(
      () => this.#stored(sent, group),
      (failure: unknown) => {
        throw this.#notStored(sent, failure);
      },
    );
  }

  #notStored(sent: SentGroup, failure: unknown): unknown {
    if (failure instanceof StoreFailure && failure.outcome !== "unknown") this.#doubts.answered(sent);
    return failure;
  }

  #stored(sent: SentGroup, group: CommitGroup): void {
    this.#doubts.answered(sent);
    this.#wroteAt = this.#runtime.now();
    this.#committed = group;
  }

  /** The group is in memory now, and is told next: first to the other nodes (rule N2). */
  taken(): void {
    const group = this.#committed;
    if (group === null) return;
    this.#committed = null;
    const { place } = this.sent;
    this.#state.moveTo(place, group.ageAt);
    this.#confirmations.wrote(this.#asking, place);
    this.#link?.push(entryOf(group, place));
  }

  /** The writer tells those who follow. */
  async takeOver(epoch: string): Promise<void> {
    await this.whenIdle();
    const takeover = this.#draw(epoch);
    const asking = this.#confirmations.begin();
    try {
      const entry = takeoverEntry(takeover, await this.#waitFor(this.#store.takeOver(takeover)));
      this.#state.tookOver(entry);
      this.#confirmations.wrote(asking, entry);
      this.#link?.push(entry);
    } catch (error) {
      this.end(error instanceof StoreFailure ? error : new StoreFailure("unknown", "the takeover failed", error));
      throw error;
    }
  }

  fold(fold: Fold): Promise<void> {
    return this.#guard(this.#store.fold(fold));
  }

  findAnswer(query: AnswerQuery): ReturnType<Store["findAnswer"]> {
    return this.#guard(this.#store.findAnswer(query));
  }

  /** Says that the term goes on, when nothing else has said so for a while, and no answer is out (rule T4). */
  async beatIfDue(): Promise<void> {
    if (this.#out !== null || this.#over !== null) return;
    if (this.#runtime.now() - this.#wroteAt < BEAT_MS) return;
    await this.#waitFor(this.#store.beat());
    this.#wroteAt = this.#runtime.now();
  }

  /** Nothing else is written before the answer has come. */
  async #waitFor<Result>(outcome: Promise<Result>): Promise<Result> {
    const guarded = this.#guard(outcome);
    const ended = () => {
      if (this.#out === out) this.#out = null;
    };
    const out = guarded.then(ended, ended);
    this.#out = out;
    return guarded;
  }

  async #guard<Result>(outcome: Promise<Result>): Promise<Result> {
    try {
      return await outcome;
    } catch (error) {
      throw this.#failed(error);
    }
  }

  #failed(error: unknown): unknown {
    if (error instanceof RowsLost) this.#onRowsLost();
    const failure =
      error instanceof StoreFailure ? error : new StoreFailure("unknown", "the store failed in an unknown way", error);
    if (failure.outcome !== "nothing_moved") this.end(failure);
    return failure;
  }
}

interface WritingStoreParts {
  readonly store: Store;
  readonly state: ChainState;
  readonly runtime: Pick<Runtime, "now">;
  readonly link: NodeLink | null;
  readonly doubts: Pick<DoubtfulGroups, "send" | "answered">;
  readonly confirmations: Confirmations;
  /** It returns a takeover behind what the node has applied. */
  readonly draw: (epoch: string) => Takeover;
  /** This is called once, when the term is over. */
  readonly onOver: (failure: StoreFailure) => void;
  /** The store does not have the rows that this node takes for folded. */
  readonly onRowsLost: () => void;
}

/** The next entry of the term of the newest one stands here. */
function behind(place: ChainHead | null): ChainHead {
  return { sequence: (place?.sequence ?? 0) + 1, term: place?.term ?? "" };
}

/** It is the entry that the chain has of a takeover. */
export function takeoverEntry(takeover: Takeover, { sequence, term }: ChainHead): TakeoverEntry {
  const { after, address, model, at, ageAt } = takeover;
  return { type: "takeover", sequence, term, termBefore: after?.term ?? null, at, ageAt, address, model };
}

/** It is the entry that the chain has of it. */
function entryOf({ at, ageAt, spaces }: CommitGroup, { sequence, term }: ChainHead): GroupEntry {
  const moves = spaces.map(({ changes, ...move }) => {
    const hasChanges = !move.removed && move.lastVersion >= move.firstVersion;
    return { ...move, changes: hasChanges ? changes.text : "" };
  });
  return { type: "group", sequence, term, termBefore: term, at, ageAt, spaces: moves };
}

/** A beat shows that the term goes on where nothing was written for so long. */
const BEAT_MS = 1_000;
