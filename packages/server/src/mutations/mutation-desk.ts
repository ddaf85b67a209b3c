/** At the desk a line of mutations is taken in, decided number by number, and answered (rules U4 to U9). */

import {
  type AnyMutation,
  type AnyState,
  type AskedMutation,
  type JsonValue,
  type LineAnswer,
  type LineOutcome,
  type LineRequest,
  type Model,
  SyncError,
} from "@neverstale/protocol";
import type { Feed } from "../authority/feed.ts";
import type { OpenOptions } from "../authority/open-options.ts";
import type { Applied, Decide, TransactOptions } from "../authority/transaction.ts";
import { messageOf } from "../runtime/message-of.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Spaces } from "../space/spaces.ts";
import { LineRoom } from "./line-room.ts";
import { DecisionFailed, type LineStop, type MutationCaller, type Refused, takeStep } from "./line-step.ts";
import { LINES_SPACE, type Lines } from "./lines-space.ts";

export class MutationDesk {
  readonly metrics: MutationMetrics = { done: 0, refused: 0, failed: 0, repeated: 0, stopped: 0 };
  readonly #parts: DeskParts;
  readonly #mutations = new Map<string, AnyMutation>();
  readonly #room = new LineRoom();

  /** It throws a plain error for two mutations of one name. */
  constructor(mutations: readonly AnyMutation[], parts: DeskParts) {
    this.#parts = parts;
    for (const mutation of mutations) {
      if (this.#mutations.has(mutation.name)) throw new Error(`there are two mutations named "${mutation.name}"`);
      this.#mutations.set(mutation.name, mutation);
    }
    const { feed } = parts;
    feed.follow((committed) => {
      for (const { space, changes } of committed) if (space.name === LINES_SPACE) this.#room.committed(changes);
    });
    feed.onInterrupt(() => this.#room.forget());
    feed.onTakeover(() => this.#room.forget());
  }

  /**
   * It resolves with the outcomes of the first mutations of the request: of all, or of those before the first that could not be taken.
   * It rejects where not even the first could be, with `forbidden`, or with what the store says: nothing was decided then.
   */
  async carryOut(request: LineRequest, caller: MutationCaller): Promise<LineAnswer> {
    const outcomes: LineOutcome[] = [];
    // All are handed over in one turn, so that one commit stores them. They are decided in this order, as they are of one lane.
    const steps = request.mutations.map((asked) => this.#step(request, asked, caller));
    for (const step of await Promise.allSettled(steps)) {
      const isOutcome = step.status === "fulfilled" && !isStop(step.value);
      if (isOutcome) outcomes.push(step.value as LineOutcome);
      else if (outcomes.length > 0) break;
      else {
        this.metrics.stopped += 1;
        if (step.status === "rejected") throw step.reason;
        return { epoch: this.#parts.epoch(), outcomes, ...placeOf(step.value as LineStop) };
      }
    }
    return { epoch: this.#parts.epoch(), outcomes };
  }

  /** A decision that fails is a refusal, which is stored as one: else a late copy of the request could still take effect (rule U8). */
  async #step(request: LineRequest, asked: AskedMutation, caller: MutationCaller): Promise<LineOutcome | LineStop> {
    try {
      return await this.#transact(request, asked, caller, null);
    } catch (error) {
      const cause = error instanceof DecisionFailed ? error.cause : error;
      // A transaction as a whole may be too large, which shows after its decision.
      const isOfDecision = error !== cause || (cause instanceof SyncError && cause.code === "invalid_change");
      if (!isOfDecision) throw error;
      return this.#transact(request, asked, caller, this.#failed(asked, cause));
    }
  }

  #failed({ name }: AskedMutation, error: unknown): Refused {
    if (error instanceof SyncError)
      return { type: "refused", code: error.code, detail: messageOf(error).slice(0, 1_024) };
    this.metrics.failed += 1;
    this.#parts.onFailed(error);
    return { type: "refused", code: "mutation_failed", detail: `the server failed to decide "${name}"` };
  }

  async #transact(
    request: LineRequest,
    asked: AskedMutation,
    caller: MutationCaller,
    failed: Refused | null,
  ): Promise<LineOutcome | LineStop> {
    let isNew = false;
    const applied = await this.#parts.transact((_, transaction) => {
      const now = this.#parts.runtime.wallTime();
      const parts = {
        epoch: this.#parts.epoch(),
        now,
        find: (name: string) => this.#mutations.get(name) ?? null,
        roomFor: (user: string) => this.#room.roomFor(user, this.#parts.lines(), now),
      };
      const before = transaction.version(LINES_SPACE);
      const outcome = takeStep(transaction, request, asked, caller, parts, failed);
      isNew = transaction.version(LINES_SPACE) !== before;
      return { changes: [], answer: outcome as unknown as JsonValue };
    }, ONE_LANE);
    const outcome = applied.answer as unknown as LineOutcome | LineStop;
    if (!isStop(outcome)) this.#count(outcome, isNew);
    return outcome;
  }

  #count({ type }: LineOutcome, isNew: boolean): void {
    if (!isNew) this.metrics.repeated += 1;
    else if (type === "done") this.metrics.done += 1;
    else this.metrics.refused += 1;
  }
}

const ONE_LANE: TransactOptions = { space: LINES_SPACE };

function isStop(step: LineOutcome | LineStop): step is LineStop {
  return step.type === "other_epoch" || step.type === "behind";
}

/** It says where a line stands that can't go on. */
function placeOf(stop: LineStop): Pick<LineAnswer, "behind" | "begin"> {
  if (stop.type === "other_epoch") return {};
  const { last, begin } = stop;
  return { behind: last, ...(begin === null ? {} : { begin }) };
}

export interface DeskParts {
  readonly transact: (decide: Decide<AnyState>, options: TransactOptions) => Promise<Applied>;
  readonly epoch: () => string;
  /** The committed lines. */
  readonly lines: () => Lines;
  readonly runtime: Pick<Runtime, "wallTime">;
  readonly feed: Pick<Feed, "follow" | "onInterrupt" | "onTakeover">;
  /** It is told what a decision threw, which is a fault of the program. */
  readonly onFailed: (error: unknown) => void;
}

/** The desk of an engine decides by the calls of that engine, so that it decides only where changes are decided. */
export function deskOf(
  engine: Pick<DeskParts, "transact" | "feed"> & { readonly spaces: Spaces },
  { mutations = [], onMutationFailed }: DeskOptions,
  runtime: Pick<Runtime, "wallTime" | "soon">,
): MutationDesk {
  const thrown = (error: unknown) => {
    runtime.soon(() => {
      throw error;
    });
  };
  return new MutationDesk(mutations, {
    transact: (decide, options) => engine.transact(decide, options),
    epoch: () => engine.spaces.epochs.today,
    lines: () => (engine.spaces.get(LINES_SPACE)?.state.lines ?? NO_LINES) as Lines,
    runtime,
    feed: engine.feed,
    onFailed: onMutationFailed ?? thrown,
  });
}

export type DeskOptions = Pick<OpenOptions<Model>, "mutations" | "onMutationFailed">;

const NO_LINES: Lines = new Map();

/** Each counts since the start. */
export interface MutationMetrics {
  done: number;
  refused: number;
  /** Decisions that threw. They are refused, too. */
  failed: number;
  /** Numbers that had been decided before, and were answered again. */
  repeated: number;
  /** Requests of which nothing was decided. */
  stopped: number;
}

/** The counters by the names under which `/metrics` shows them. */
export function metricsOf({ metrics }: MutationDesk): Record<string, number> {
  return Object.fromEntries(Object.entries(metrics).map(([name, count]) => [`mutations_${name}_total`, count]));
}
