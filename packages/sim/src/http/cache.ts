/** A cache keeps answers by their address for as long as their headers allow, and asks once for all who ask together. */

import type { VirtualClock } from "@neverstale/base";
import type { RunCounters } from "../checks/counters.ts";
import { FetchUnderWay } from "./fetch-under-way.ts";
import type { AnswerSink, HttpEnd, SimAsk, Trip } from "./http-end.ts";
import type { CacheHabits, KeptAnswer } from "./kept-answer.ts";

export class SimCache implements HttpEnd {
  readonly #parts: CacheParts;
  readonly #kept = new Map<string, KeptAnswer>();
  /** These are shared by whoever asks for the address. */
  readonly #shared = new Map<string, FetchUnderWay>();
  readonly #all = new Set<FetchUnderWay>();

  constructor(parts: CacheParts) {
    this.#parts = parts;
  }

  get #now(): number {
    return this.#parts.clock.now;
  }

  ask(ask: SimAsk, sink: AnswerSink): Trip {
    const { href } = ask.url;
    const kept = this.#kept.get(href);
    if (kept?.isFresh(this.#now) === true) return this.#give(kept, sink);
    const running = this.#shared.get(href);
    if (running === undefined || !running.mayJoin()) return this.#fetch(ask, sink, this.#parts.shares(ask));
    this.#count(running.hasBegun ? "joined" : "collapsed");
    return running.join(ask, sink);
  }

  #give(answer: KeptAnswer, sink: AnswerSink): Trip {
    this.#count("hits");
    sink.answered(answer.headAt(this.#now));
    answer.giveTo(sink, this.#now);
    sink.ended();
    return { leave: () => {} };
  }

  #fetch(ask: SimAsk, sink: AnswerSink, isShared: boolean): Trip {
    const { href } = ask.url;
    const { habits, upstream } = this.#parts;
    const fetch: FetchUnderWay = new FetchUnderWay({
      habits,
      now: () => this.#now,
      keep: (answer) => this.#kept.set(href, answer),
      askAlone: (one, to) => this.#fetch(one, to, false),
      over: () => {
        this.#all.delete(fetch);
        if (this.#shared.get(href) === fetch) this.#shared.delete(href);
      },
    });
    this.#all.add(fetch);
    if (isShared) this.#shared.set(href, fetch);
    const trip = fetch.join(ask, sink);
    fetch.upstream = upstream.ask(ask, fetch);
    return trip;
  }

  #count(what: string): void {
    this.#parts.counters.add(`cache_${what}`);
  }

  /** All that it has kept is gone. */
  empty(): void {
    this.#count("emptied");
    this.#kept.clear();
  }

  /** It ends, and another one takes its place. */
  restart(): void {
    this.#count("restarted");
    this.#kept.clear();
    for (const fetch of [...this.#all]) fetch.cut();
  }

  cutStreams(): void {
    for (const fetch of [...this.#all]) {
      if (!fetch.isStream) continue;
      this.#count("cut_streams");
      fetch.cut();
    }
  }
}

export interface CacheParts {
  readonly clock: VirtualClock;
  readonly counters: RunCounters;
  readonly habits: CacheHabits;
  readonly upstream: HttpEnd;
  /** Others who ask for the same may be given the same answer. */
  shares(ask: SimAsk): boolean;
}
