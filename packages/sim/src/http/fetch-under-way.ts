/** A fetch of a cache is under way: one request for all who have asked for the same address meanwhile. */

import { type AnswerSink, headerOf, type Piece, type SimAsk, type SimHead, type Trip } from "./http-end.ts";
import { type CacheHabits, KeptAnswer } from "./kept-answer.ts";

export class FetchUnderWay implements AnswerSink {
  readonly heldBytes = 0;
  readonly sentBytes = 0;
  readonly #parts: FetchParts;
  readonly #askedAt: number;
  readonly #waiters = new Set<Waiter>();
  /** It is null before the head has come. */
  #answer: KeptAnswer | null = null;
  #isOver = false;
  upstream: Trip | null = null;

  constructor(parts: FetchParts) {
    this.#parts = parts;
    this.#askedAt = parts.now();
  }

  get hasBegun(): boolean {
    return this.#answer !== null;
  }

  get isStream(): boolean {
    return this.#answer !== null && (headerOf(this.#answer.head, "Content-Type") ?? "").startsWith("text/event-stream");
  }

  /** Whoever asks now may be given what comes. */
  mayJoin(): boolean {
    if (this.#answer === null) return true;
    if (!this.#answer.mayBeKept) return false;
    return this.#parts.habits.joins === "late" || this.#answer.isFresh(this.#parts.now());
  }

  join(ask: SimAsk, sink: AnswerSink): Trip {
    const waiter: Waiter = { ask, sink, alone: null };
    this.#waiters.add(waiter);
    if (this.#answer !== null) {
      const now = this.#parts.now();
      sink.answered(this.#answer.headAt(now));
      if (!this.#parts.habits.buffers) this.#answer.giveTo(sink, now);
    }
    return {
      leave: () => {
        waiter.alone?.leave();
        if (this.#waiters.delete(waiter) && this.#waiters.size === 0) this.#abandon();
      },
    };
  }

  /** Nobody waits any more, so nothing comes of it. */
  #abandon(): void {
    if (this.#isOver) return;
    this.#end();
    this.upstream?.leave();
  }

  #end(): void {
    this.#isOver = true;
    this.#parts.over(this);
  }

  answered(head: SimHead): void {
    if (this.#isOver) return;
    const now = this.#parts.now();
    this.#answer = new KeptAnswer(head, this.#parts.habits, this.#askedAt, now);
    if (!this.#answer.mayBeKept) this.#letOthersAsk();
    for (const { sink } of this.#waiters) sink.answered(this.#answer.headAt(now));
  }

  /** An answer that nobody may keep is for the first one alone. The others ask for themselves. */
  #letOthersAsk(): void {
    for (const waiter of [...this.#waiters].slice(1)) {
      this.#waiters.delete(waiter);
      waiter.alone = this.#parts.askAlone(waiter.ask, waiter.sink);
    }
  }

  wrote(piece: Piece): void {
    if (this.#isOver) return;
    this.#answer?.add(piece, this.#parts.now());
    if (this.#parts.habits.buffers) return;
    for (const { sink } of this.#waiters) sink.wrote(piece);
  }

  ended(): void {
    if (this.#isOver) return;
    const answer = this.#answer;
    for (const { sink } of this.#waiters) {
      if (this.#parts.habits.buffers) answer?.giveTo(sink, this.#parts.now());
      sink.ended();
    }
    this.#end();
    if (answer?.mayBeKept === true) this.#parts.keep(answer);
  }

  /** The cache itself answers where nothing has come yet, and cuts off what has begun. */
  failed(): void {
    if (this.#isOver) return;
    for (const { sink } of this.#waiters) {
      if (this.#answer !== null) sink.failed();
      else {
        sink.answered(BAD_GATEWAY);
        sink.wrote({ text: "<h1>502</h1>", writtenAt: this.#parts.now(), keptMs: 0 });
        sink.ended();
      }
    }
    this.#end();
  }

  /** The cache ends it. */
  cut(): void {
    if (this.#isOver) return;
    this.#end();
    for (const { sink } of this.#waiters) sink.failed();
    this.upstream?.leave();
  }
}

export interface FetchParts {
  readonly habits: CacheHabits;
  now(): number;
  /** The answer is whole, and may be given to others. */
  keep(answer: KeptAnswer): void;
  askAlone(ask: SimAsk, sink: AnswerSink): Trip;
  over(fetch: FetchUnderWay): void;
}

interface Waiter {
  readonly ask: SimAsk;
  readonly sink: AnswerSink;
  /** It asks for itself by now. */
  alone: Trip | null;
}

const BAD_GATEWAY: SimHead = { status: 502, headers: { "Content-Type": "text/html" } };
