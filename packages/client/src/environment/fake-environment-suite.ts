import type { Timer } from "@neverstale/base";
import type { ClientMessage, ServerMessage } from "@neverstale/protocol";
import { decodeClientMessage, encodeMessage } from "@neverstale/protocol";
import type { ConnectionEvents } from "../transport/transport.ts";
import type { Environment, EnvironmentSignal, HttpAnswer, HttpRequest } from "./environment.ts";

/** One end of a socket whose other end is the test. */
export class FakeSocket {
  readonly url: URL;
  readonly protocols: readonly string[];
  readonly sent: ClientMessage[] = [];
  readonly #events: ConnectionEvents;
  closedWith: number | null = null;

  constructor(url: string, protocols: readonly string[], events: ConnectionEvents) {
    this.url = new URL(url);
    this.protocols = protocols;
    this.#events = events;
  }

  open(): this {
    this.#events.opened();
    return this;
  }

  push(...messages: readonly (ServerMessage | string | Uint8Array)[]): void {
    for (const message of messages) {
      const frame = typeof message === "string" || message instanceof Uint8Array ? message : encodeMessage(message);
      this.#events.received(frame);
    }
  }

  close(code: number): void {
    this.#events.closed(code);
  }
}

interface Waiting {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** An environment in memory: time passes when the test says so, and the network is the test. */
export class FakeEnvironment implements Environment {
  readonly sockets: FakeSocket[] = [];
  readonly requests: HttpRequest[] = [];
  baseUrl: string | null = "http://fleet.test/hosts/web-1";
  freezes = false;
  monotonic = 5_000;
  wall = 1_700_000_000_000;
  randomness = 0.5;
  signal: (signal: EnvironmentSignal) => void = () => {};
  watchers = 0;
  seen = false;
  /** What the making of the next sockets throws; null: they are made. */
  unmakable: Error | null = null;
  /** What answers requests; by default nothing does. */
  answer: (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer> = () => Promise.reject(new Error("no network"));
  inflater: Environment["inflate"] = () => {
    throw new Error("nothing here is compressed");
  };
  readonly #waiting = new Set<Waiting>();
  #made = 0;

  now = (): number => this.monotonic;
  wallTime = (): number => this.wall;
  chance = (): number => this.randomness;
  newId = (): string => `id-${++this.#made}`;
  isSeen = (): boolean => this.seen;
  inflate: Environment["inflate"] = (bytes, maxBytes) => this.inflater(bytes, maxBytes);

  after = (delayMs: number, run: () => void): Timer => {
    const waiting = { at: this.monotonic + delayMs, order: ++this.#made, run };
    this.#waiting.add(waiting);
    return { cancel: () => this.#waiting.delete(waiting) };
  };

  openSocket = (url: string, protocols: readonly string[], events: ConnectionEvents) => {
    if (this.unmakable !== null) throw this.unmakable;
    const socket = new FakeSocket(url, protocols, events);
    this.sockets.push(socket);
    return {
      send: (text: string) => socket.sent.push(decodeClientMessage(text)),
      close: (code: number) => {
        socket.closedWith = code;
      },
    };
  };

  request = async (request: HttpRequest): Promise<HttpAnswer> => {
    this.requests.push(request);
    return this.answer(request);
  };

  watch = (tell: (signal: EnvironmentSignal) => void) => {
    this.watchers++;
    this.signal = tell;
    return () => {
      this.watchers--;
      this.signal = () => {};
    };
  };

  /** The newest socket. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error("no socket was opened");
    return socket;
  }

  get timers(): number {
    return this.#waiting.size;
  }

  /** Lets both clocks run and timers with them; promises settle in between. */
  async pass(ms: number): Promise<void> {
    const until = this.monotonic + ms;
    await promisesSettled();
    for (;;) {
      const [next] = [...this.#waiting].sort((a, b) => a.at - b.at || a.order - b.order);
      if (next === undefined || next.at > until) break;
      this.#waiting.delete(next);
      this.#advance(next.at);
      next.run();
      await promisesSettled();
    }
    this.#advance(until);
  }

  #advance(to: number): void {
    this.wall += Math.max(0, to - this.monotonic);
    this.monotonic = Math.max(this.monotonic, to);
  }
}

/** Everything that only waits for other promises has happened. */
export function promisesSettled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export function json(status: number, body: unknown, retryAfter: string | null = null): HttpAnswer {
  return { status, retryAfter, text: JSON.stringify(body) };
}
