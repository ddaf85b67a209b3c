/** The network is the way between one client and the authority. */

import type { ConnectionEvents } from "@neverstale/client";
import { SimExchange } from "../http/exchange.ts";
import type { AnswerSink, HttpEnd, SimAsk } from "../http/http-end.ts";
import type { Random } from "../plan/random.ts";
import type { Surroundings } from "../world/surroundings.ts";
import { type ConnectionWatch, SimConnection } from "./connection.ts";
import type { SimAnswer, SimRequest } from "./http.ts";
import { Lane, type Weather } from "./lane.ts";

export class Network {
  readonly weather: Weather;
  /** A request or an answer is lost as often as `loss` says, and a request arrives twice as often as `double` says. */
  readonly http = { loss: 0, double: 0 };
  readonly connections = new Set<SimConnection>();
  /** These are the requests by which a reader follows. */
  readonly exchanges = new Set<SimExchange>();
  /** With true something on the way lets no WebSocket pass. */
  refusesWebSockets = false;
  newest: SimConnection | null = null;
  readonly #world: Surroundings;
  readonly #authority: AuthorityEnd;
  readonly #config: NetworkConfig;
  readonly #client: string;
  readonly #random: Random;
  readonly #holds = new Set<string>();
  #count = 0;
  #swallowsGreeting = false;

  constructor(world: Surroundings, authority: AuthorityEnd, config: NetworkConfig, client: string) {
    this.#world = world;
    this.#authority = authority;
    this.#config = config;
    this.#client = client;
    this.#random = world.random.fork(`network ${client}`);
    this.weather = { latencyMs: config.latencyMs, jitterMs: config.jitterMs, rate: CALM.rate };
  }

  /** This is the newest connection that both ends take for open. */
  get current(): SimConnection | null {
    let current: SimConnection | null = null;
    for (const connection of this.connections) if (connection.isOpen) current = connection;
    return current;
  }

  connect(url: string, protocols: readonly string[], events: ConnectionEvents, watch: ConnectionWatch): SimConnection {
    for (const old of this.connections) if (old.isOver) this.connections.delete(old);
    this.#count += 1;
    const id = `${this.#client}#${this.#count}`;
    const random = this.#random.fork(id);
    const [down, up] = [this.#lane(random.fork("down")), this.#lane(random.fork("up"))];
    const { kernelBytes, late } = this.#config;
    const note = (text: string) => this.#world.trace.line(this.#world.clock.now, `${id} ${text}`);
    const count = (what: string) => this.#world.counters.add(what);
    const ends = { events, watch, kernelBytes, tellsLate: random.chance(late), note, count };
    const connection = new SimConnection({ id, url: new URL(url), protocols, client: this.#client, down, up }, ends);
    this.connections.add(connection);
    this.newest = connection;
    if (this.#swallowsGreeting) connection.tamper = "swallow";
    this.#swallowsGreeting = false;
    connection.knock((knocking) => (this.refusesWebSockets ? knocking.refuse() : this.#authority.accept(knocking)));
    return connection;
  }

  /** It asks over HTTP, and the answer is read as it comes. */
  ask(end: HttpEnd, ask: SimAsk, sink: AnswerSink): SimExchange {
    for (const old of this.exchanges) if (old.isOver) this.exchanges.delete(old);
    this.#count += 1;
    const random = this.#random.fork(`${this.#client}#${this.#count}`);
    const [down, up] = [this.#lane(random.fork("down")), this.#lane(random.fork("up"))];
    this.#note(`asks for ${ask.url.pathname}${ask.url.search}`);
    const exchange = new SimExchange({ up, down, kernelBytes: this.#config.kernelBytes }, end, ask, sink);
    this.exchanges.add(exchange);
    return exchange;
  }

  get #legs(): readonly (SimConnection | SimExchange)[] {
    return [...this.connections, ...this.exchanges];
  }

  #lane(random: Random): Lane {
    const lane = new Lane(this.#world.clock, random, this.weather);
    for (const why of this.#holds) lane.hold(why);
    return lane;
  }

  /** The first message of the next connection is lost. */
  swallowNextGreeting(): void {
    this.#swallowsGreeting = true;
  }

  /** Nothing passes in the directions named, and nothing is lost. It comes when the reason is gone. */
  hold(why: string, directions: readonly ("up" | "down")[]): void {
    this.#holds.add(why);
    for (const leg of this.#legs) for (const direction of directions) leg[direction].hold(why);
  }

  release(why: string): void {
    this.#holds.delete(why);
    for (const { up, down } of this.#legs) {
      up.release(why);
      down.release(why);
    }
  }

  /** From now on so many bytes pass in each ms. */
  setRate(rate: number): void {
    this.weather.rate = rate;
    for (const { up, down } of this.#legs) {
      up.weatherChanged();
      down.weatherChanged();
    }
  }

  /** The network ends what is under way over HTTP. */
  cutRequests(told: Parameters<SimExchange["cut"]>[0], bytes: number): void {
    for (const exchange of [...this.exchanges]) {
      exchange.cut(told, bytes);
      this.#world.clock.after(this.#config.tcpTimeoutMs, () => exchange.bury());
    }
  }

  /** From here on nothing passes in those directions, for good. At last the kernel of the authority notices. */
  halfOpen(connection: SimConnection, directions: readonly ("up" | "down")[]): void {
    for (const direction of directions) connection[direction].seal();
    this.#world.clock.after(this.#config.tcpTimeoutMs, () => connection.bury());
  }

  /** It rejects when no answer came. What arrives may be carried out all the same, once or twice. */
  request(request: SimRequest, timeoutMs: number, after: (ms: number, run: () => void) => void): Promise<SimAnswer> {
    const copies = this.#copies();
    this.#note(`${request.method} ${request.path}, to arrive ${copies.length} times`);
    return new Promise((resolve, reject) => {
      after(timeoutMs, () => reject(new Error("no answer came in time")));
      for (const delayMs of copies) this.#world.clock.after(delayMs, () => this.#deliver(request, resolve, reject));
    });
  }

  #note(text: string): void {
    this.#world.trace.line(this.#world.clock.now, `${this.#client} ${text}`);
  }

  /** It says when the request arrives: never, once or twice. */
  #copies(): number[] {
    const { loss, double } = this.http;
    const first = this.#random.chance(loss) || this.#partitioned ? [] : [this.#transit()];
    return this.#random.chance(double) ? [...first, this.#transit() + this.#random.int(0, 8_000)] : first;
  }

  get #partitioned(): boolean {
    for (const why of this.#holds) if (why.startsWith("partition")) return true;
    return false;
  }

  #transit(): number {
    const { latencyMs, jitterMs } = this.weather;
    return latencyMs + jitterMs * this.#random.next();
  }

  #deliver(request: SimRequest, resolve: (answer: SimAnswer) => void, reject: (error: Error) => void): void {
    this.#authority.request(request).then(
      (answer) => {
        this.#note(`is answered ${answer.status}`);
        if (!this.#random.chance(this.http.loss)) this.#world.clock.after(this.#transit(), () => resolve(answer));
      },
      (error: Error) => this.#world.clock.after(this.#transit(), () => reject(error)),
    );
  }

  /** The network is well. What was stuck arrives, and whoever holds a dead connection learns of it. */
  heal(): void {
    Object.assign(this.weather, CALM, { latencyMs: Math.min(this.#config.latencyMs, 30) });
    Object.assign(this.http, { loss: 0, double: 0 });
    this.setRate(CALM.rate);
    for (const why of [...this.#holds]) if (why !== "asleep") this.release(why);
    this.#swallowsGreeting = false;
    for (const connection of [...this.connections]) {
      connection.tamper = null;
      if (connection.isSick) connection.bury();
    }
    for (const exchange of [...this.exchanges]) if (exchange.isSick) exchange.bury();
  }
}

export interface NetworkConfig {
  readonly latencyMs: number;
  readonly jitterMs: number;
  /** The kernels take in so many bytes before a socket reports that it is full. */
  readonly kernelBytes: number;
  /** An old socket's events are told so often after its replica has closed it. */
  readonly late: number;
  /** After this time without a word the kernel of the authority gives a dead connection up. */
  readonly tcpTimeoutMs: number;
}

/** The way of every client leads here. */
export interface AuthorityEnd {
  /** So many epochs may have begun. */
  readonly epochs: number;
  accept(connection: SimConnection): void;
  request(request: SimRequest): Promise<SimAnswer>;
}

const CALM: Weather = { latencyMs: 2, jitterMs: 0, rate: Number.POSITIVE_INFINITY };
