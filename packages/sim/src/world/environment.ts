/** The environment is the machine of one client: a browser tab or a program. */

import type { Timer } from "@neverstale/base";
import {
  type ClientSocket,
  type ConnectionEvents,
  type Environment,
  type EnvironmentSignal,
  fallbackOver,
  type HttpAnswer,
  type HttpEvents,
  type HttpRequest,
  type MakeFallback,
  type OpenHttp,
} from "@neverstale/client";
import { PARTS_PARAMETER, STEPS_PARAMETER, SyncError } from "@neverstale/protocol";
import { SimCache } from "../http/cache.ts";
import { fetchOver } from "../http/fetch-over.ts";
import type { HttpEnd, Piece } from "../http/http-end.ts";
import type { ConnectionWatch } from "../network/connection.ts";
import type { Network } from "../network/network.ts";
import type { Random } from "../plan/random.ts";
import { START_OF_TIME, type Surroundings } from "./surroundings.ts";

/**
 * Its clocks are its own. While it sleeps nothing runs: no timer, no frame and no answer. The monotonic clock may stand
 * still then, or not.
 */
export class SimEnvironment implements Environment {
  readonly baseUrl = null;
  readonly #world: Surroundings;
  readonly #network: Network;
  readonly #client: string;
  readonly #asks: Asks;
  readonly #random: Random;
  readonly #hooks: EventHooks;
  readonly #timers = new Set<PendingTimer>();
  #tells = new Set<(signal: EnvironmentSignal) => void>();
  /** These would have happened while it slept. */
  #missed: (() => void)[] = [];
  #asleep: { readonly at: number; readonly countsTime: boolean } | null = null;
  /** The monotonic clock has not counted so many ms. */
  #uncountedMs = 0;
  #wallSkewMs: number;
  #open: { closed: boolean } | null = null;
  jumpedAt = Number.NEGATIVE_INFINITY;
  wokeAt = Number.NEGATIVE_INFINITY;
  readonly fallback?: MakeFallback;

  constructor(world: Surroundings, network: Network, client: string, asks: Asks, hooks: EventHooks) {
    this.#asks = asks;
    this.#world = world;
    this.#network = network;
    this.#client = client;
    this.#hooks = hooks;
    this.#random = world.random.fork(`environment ${client}`);
    this.#wallSkewMs = this.#random.int(-3_600_000, 3_600_000);
    if (asks.http !== undefined) this.fallback = fallbackOver(this.#httpOver(asks.http));
  }

  /** Requests of a reader go to one of the ends that there are for it, or to what its browser has kept. */
  #httpOver({ ends, keepsOwn }: ReaderHttp): (url: string, events: HttpEvents) => OpenHttp {
    const { clock, counters } = this.#world;
    const choice = this.#random.fork("ends");
    const network: HttpEnd = { ask: (ask, sink) => this.#network.ask(choice.pick(ends), ask, sink) };
    const habits = { saysAge: "own", joins: "while_fresh", buffers: false } as const;
    const end = keepsOwn ? new SimCache({ clock, counters, habits, upstream: network, shares: () => false }) : network;
    const happen = (run: () => void) => this.#happen(run);
    return (url, events) => {
      this.#hooks.asks(new URL(url));
      const hooks = { happen, came: this.#hooks.came, soon: (run: () => void) => void clock.after(0, run) };
      return fetchOver(end, { client: this.#client, url: new URL(url) }, events, hooks);
    };
  }

  /** Its two clocks may stand so far apart without its noticing. */
  get unnoticedMs(): number {
    return this.#uncountedMs > 0 ? CLOCK_JUMP_MS : 0;
  }

  get asleep(): boolean {
    return this.#asleep !== null;
  }

  now(): number {
    return this.#world.clock.now - this.#uncountedMs;
  }

  wallTime(): number {
    return START_OF_TIME + this.#world.clock.now + this.#wallSkewMs;
  }

  chance(): number {
    return this.#random.next();
  }

  /** A line of mutations takes no shorter one. */
  newId(): string {
    const id = this.#world.newId();
    return this.#asks.mutates === true ? id.padEnd(LINE_CHARS, "_") : id;
  }

  after(delayMs: number, run: () => void): Timer {
    const pending: PendingTimer = { due: this.now() + Math.max(0, delayMs), run, timer: null };
    this.#timers.add(pending);
    this.#start(pending);
    return {
      cancel: () => {
        pending.timer?.cancel();
        this.#timers.delete(pending);
      },
    };
  }

  #start(pending: PendingTimer): void {
    pending.timer = this.#world.clock.after(pending.due - this.now(), () => {
      this.#timers.delete(pending);
      this.#happen(pending.run);
    });
  }

  /** Everything that happens to the client goes through here. */
  #happen(run: () => void): void {
    if (this.#asleep !== null) {
      this.#missed.push(run);
      return;
    }
    run();
    this.#hooks.happened();
  }

  /** Somebody uses the client. Nobody does while it sleeps. */
  act(run: () => void): void {
    if (this.#asleep === null) this.#happen(run);
  }

  openSocket(url: string, protocols: readonly string[], events: ConnectionEvents): ClientSocket {
    if (this.#open?.closed === false) this.#world.fail("R5", `${this.#client} listens to two sockets`);
    const own = { closed: false };
    this.#open = own;
    const told: ConnectionEvents = {
      opened: () => this.#happen(() => events.opened()),
      received: (frame) => this.#happen(() => events.received(frame)),
      closed: (code) => {
        own.closed = true;
        this.#happen(() => events.closed(code));
      },
    };
    const connection = this.#network.connect(askedAs(url, this.#asks), protocols, told, this.#hooks);
    return {
      send: (text) => connection.say(text),
      close: () => {
        own.closed = true;
        connection.closeByClient();
      },
    };
  }

  request(request: HttpRequest): Promise<HttpAnswer> {
    const { method, url, headers, body, timeoutMs } = request;
    const sent = { client: this.#client, method, path: new URL(url).pathname, headers, body };
    if (body !== null) this.#hooks.posts?.(sent.path, body);
    const answer = this.#network.request(sent, timeoutMs, (ms, run) => this.after(ms, run));
    return new Promise((resolve, reject) => {
      answer.then(
        ({ status, text }) => this.#happen(() => resolve({ status, text, retryAfter: null })),
        (error: Error) => this.#happen(() => reject(error)),
      );
    });
  }

  /** The text comes at once or later, as in real environments. */
  readonly inflate = (bytes: Uint8Array, maxBytes: number): string | Promise<string> => {
    if (bytes.length > maxBytes) throw new SyncError("bad_message", "the frame is too large");
    const text = decoder.decode(bytes);
    if (this.#random.chance(0.5)) return text;
    return new Promise((resolve) => {
      this.after(this.#random.int(0, 20), () => resolve(text));
    });
  };

  watch(tell: (signal: EnvironmentSignal) => void): () => void {
    this.#tells.add(tell);
    return () => this.#tells.delete(tell);
  }

  signal(signal: EnvironmentSignal): void {
    for (const tell of [...this.#tells]) this.#happen(() => tell(signal));
  }

  /** The tab is frozen, or the machine sleeps. With `countsTime` the monotonic clock goes on. */
  sleep(countsTime: boolean): void {
    if (this.#asleep !== null) return;
    this.#asleep = { at: this.#world.clock.now, countsTime };
    for (const { timer } of this.#timers) timer?.cancel();
    this.#network.hold("asleep", ["down"]);
  }

  wake(): void {
    if (this.#asleep === null) return;
    if (!this.#asleep.countsTime) this.#uncountedMs += this.#world.clock.now - this.#asleep.at;
    this.#asleep = null;
    this.wokeAt = this.#world.clock.now;
    this.jumpedAt = this.wokeAt;
    const timersFirst = this.#random.chance(0.5);
    if (timersFirst) this.#startTimers();
    for (const run of this.#missed.splice(0)) this.#world.clock.after(0, () => this.#happen(run));
    this.#network.release("asleep");
    if (!timersFirst) this.#startTimers();
  }

  #startTimers(): void {
    for (const pending of [...this.#timers].sort((a, b) => a.due - b.due)) this.#start(pending);
  }

  /**
   * Somebody sets the clock of the machine. It returns false when that is not possible now: while the machine sleeps,
   * and before it has noticed that it did. A clock that is set back over a sleep that the other clock did not count
   * would leave nothing to notice it by.
   */
  jumpWall(byMs: number): boolean {
    if (this.asleep || this.#world.clock.now - this.wokeAt <= NOTICES_SLEEP_MS) return false;
    this.#wallSkewMs += byMs;
    this.jumpedAt = this.#world.clock.now;
    return true;
  }
}

/** A replica that is not told of a sleep notices it by its clocks within this time. */
export const NOTICES_SLEEP_MS = 2_000;

/**
 * A replica does not notice a smaller difference of its clocks. Short sleeps that one of them doesn't count make some.
 */
const CLOCK_JUMP_MS = 1_000;

interface PendingTimer {
  /** It is a time on the monotonic clock of this machine. */
  readonly due: number;
  readonly run: () => void;
  timer: Timer | null;
}

/** These are called around the events of one client. */
export interface EventHooks extends ConnectionWatch {
  /** Something has happened to the client. */
  happened(): void;
  /** It asks for this over HTTP. */
  asks(url: URL): void;
  /** It posts this. */
  posts?(path: string, body: string): void;
  /** A piece of an answer has come to it. */
  came(piece: Piece, url: URL): void;
}

const decoder = new TextDecoder();

const LINE_CHARS = 16;

/** Builds of earlier releases ask for less. */
export interface Asks {
  /** With true it asks for large messages in parts (rule M9). */
  readonly parts: boolean;
  /** With true it takes steps (rule E7). */
  readonly steps: boolean;
  /** Its replica has mutations. */
  readonly mutates?: boolean;
  /** They are kept over a reload, so many at most. */
  readonly keeps?: { readonly bound: number } | undefined;
  /** It may follow over HTTP. Without this it knows WebSocket alone. */
  readonly http?: ReaderHttp;
}

export interface ReaderHttp {
  readonly path: string;
  /** Each request goes to one of them. */
  readonly ends: readonly HttpEnd[];
  /** It has a cache of its own, as a browser has. */
  readonly keepsOwn: boolean;
  /** There is no other cache on its way. */
  readonly isDirect: boolean;
}

function askedAs(url: string, { parts, steps }: Asks): string {
  const address = new URL(url);
  if (!parts) address.searchParams.delete(PARTS_PARAMETER);
  if (!steps) address.searchParams.delete(STEPS_PARAMETER);
  return address.href;
}
