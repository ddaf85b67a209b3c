/** An answer as a cache keeps it: how old it is, for how long it may be given, and what is said of its age. */

import { type AnswerSink, headerOf, type Piece, type SimHead } from "./http-end.ts";

/** Caches differ in what they count and what they say. */
export interface CacheHabits {
  /**
   * `resident`: it says for how long it has had an answer, and what the cache behind it said. `with_delay`: it adds how long the
   * answer took to come (RFC 9111, 4.2.3). `nothing`: it says nothing, and counts from when the answer came. `own`: it is a
   * browser's own, which counts as it should, and hands on what it was told.
   */
  readonly saysAge: "resident" | "with_delay" | "nothing" | "own";
  /** Whoever asks while an answer is under way is given it: while it may be kept, or as long as it goes on. */
  readonly joins: "while_fresh" | "late";
  /** It holds what comes back until the answer is whole. */
  readonly buffers: boolean;
}

export class KeptAnswer {
  readonly head: SimHead;
  readonly pieces: { readonly piece: Piece; readonly at: number }[] = [];
  readonly #habits: CacheHabits;
  readonly #headAt: number;
  readonly #delayMs: number;
  readonly #lifetimeMs: number;

  constructor(head: SimHead, habits: CacheHabits, askedAt: number, now: number) {
    this.head = head;
    this.#habits = habits;
    this.#headAt = now;
    this.#delayMs = habits.saysAge === "with_delay" ? now - askedAt : 0;
    this.#lifetimeMs = lifetimeOf(head, habits);
  }

  /** It may be given to others. */
  get mayBeKept(): boolean {
    return this.#lifetimeMs > 0;
  }

  isFresh(now: number): boolean {
    // As nginx does, which counts whole seconds of its own clock.
    if (this.#habits.saysAge === "nothing") return wholeS(now) - wholeS(this.#headAt) <= this.#lifetimeMs / 1_000;
    return 1_000 * this.#toldS + this.#delayMs + now - this.#headAt < this.#lifetimeMs;
  }

  get #toldS(): number {
    return Number(headerOf(this.head, "Age") ?? 0);
  }

  headAt(now: number): SimHead {
    const { saysAge } = this.#habits;
    if (saysAge === "nothing" || saysAge === "own" || !this.mayBeKept) return this.head;
    const age = this.#toldS + Math.floor((this.#delayMs + now - this.#headAt) / 1_000);
    return { ...this.head, headers: { ...this.head.headers, Age: `${age}` } };
  }

  add(piece: Piece, at: number): void {
    this.pieces.push({ piece, at });
  }

  /** It gives what has come so far. */
  giveTo(sink: AnswerSink, now: number): void {
    for (const { piece, at } of this.pieces) sink.wrote({ ...piece, keptMs: piece.keptMs + now - at });
  }
}

function wholeS(ms: number): number {
  return Math.floor(ms / 1_000);
}

function lifetimeOf(head: SimHead, { saysAge }: CacheHabits): number {
  const control = headerOf(head, "Cache-Control") ?? "";
  if (control.includes("no-store") || (control.includes("private") && saysAge !== "own")) return 0;
  const shared = /\bs-maxage=(\d+)/.exec(control)?.[1];
  const seconds = saysAge === "own" ? undefined : shared;
  return 1_000 * Number(seconds ?? /\bmax-age=(\d+)/.exec(control)?.[1] ?? 0);
}
