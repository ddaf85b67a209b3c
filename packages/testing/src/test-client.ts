/** A test client is one page: a real replica, on a machine that a test puts to sleep and whose network it cuts. */

import type { Millis, Timer, VirtualClock } from "@neverstale/base";
import {
  type ClientSocket,
  type ConnectionEvents,
  type Environment,
  type EnvironmentSignal,
  type HttpAnswer,
  type HttpRequest,
  Replica,
  type ReplicaOptions,
} from "@neverstale/client";
import { mutations } from "@neverstale/client/mutations";
import type { Chance, Ids } from "./ids.ts";
import { PageConnection } from "./page-connection.ts";
import { BED_BEGINS_AT, SYNC_PATH } from "./server-process.ts";
import { TestNetwork } from "./test-network.ts";

export interface TestClientOptions extends Pick<ReplicaOptions, "initial" | "model" | "onDivergence" | "autoStart"> {
  /** Whose page it is. Without one nobody is signed in, and the page can follow but not mutate. */
  readonly user?: string;
  /** By default it follows the main space. */
  readonly space?: string;
}

export class TestClient<State> {
  /** It is the replica as a page has it. */
  readonly sync: Replica<State>;
  readonly network: TestNetwork;
  readonly #page: Page;

  constructor(world: ClientWorld, { user, space = "", ...options }: TestClientOptions) {
    this.network = new TestNetwork(world.clock);
    this.#page = new Page(world, this.network, user ?? null);
    this.sync = new Replica<State>({
      ...options,
      ...(user === undefined ? {} : { user }),
      url: `${ORIGIN}${SYNC_PATH}${encodeURIComponent(space)}`,
      io: this.#page,
      mutations: mutations(),
    });
  }

  /** The lid is closed: nothing runs on the page, and time goes by. */
  sleep(): void {
    this.#page.sleep();
  }

  /** Now happens all that came meanwhile. */
  wake(): void {
    this.#page.wake();
  }

  /** The page is left. */
  close(): void {
    this.sync.stop();
  }
}

/** The machine of a page needs this of the test bed. */
export interface ClientWorld {
  readonly clock: VirtualClock;
  readonly ids: Ids;
  readonly chance: Chance;
  /** An attempt to connect has arrived at the server. */
  accept(connection: PageConnection): void;
  /** A request has arrived. Null: nobody answers. */
  answer(user: string | null, request: HttpRequest): Promise<HttpAnswer | null>;
}

class Page implements Environment {
  readonly baseUrl = null;
  readonly freezes = true;
  readonly #world: ClientWorld;
  readonly #network: TestNetwork;
  readonly #user: string | null;
  readonly #tells = new Set<(signal: EnvironmentSignal) => void>();
  #isAsleep = false;
  /** These would have happened while it slept. */
  #missed: (() => void)[] = [];

  constructor(world: ClientWorld, network: TestNetwork, user: string | null) {
    this.#world = world;
    this.#network = network;
    this.#user = user;
  }

  now(): Millis {
    return this.#world.clock.now;
  }

  wallTime(): number {
    return BED_BEGINS_AT + this.#world.clock.now;
  }

  chance(): number {
    return this.#world.chance.next();
  }

  newId(): string {
    return this.#world.ids.next();
  }

  after(delayMs: Millis, run: () => void): Timer {
    return this.#world.clock.after(delayMs, () => this.#happen(run));
  }

  #happen(run: () => void): void {
    if (this.#isAsleep) this.#missed.push(run);
    else run();
  }

  isSeen(): boolean {
    return !this.#isAsleep;
  }

  openSocket(url: string, _protocols: readonly string[], events: ConnectionEvents): ClientSocket {
    const connection = new PageConnection(
      this.#network,
      { url: new URL(url), user: this.#user },
      {
        opened: () => this.#happen(() => events.opened()),
        received: (frame) => this.#happen(() => events.received(frame)),
        closed: (code) => this.#happen(() => events.closed(code)),
      },
    );
    if (this.#network.isCut) this.after(0, () => events.closed(CUT_OFF));
    else connection.knock((arrived) => this.#world.accept(arrived));
    return { send: (text) => connection.say(text), close: () => connection.closeByClient() };
  }

  request(request: HttpRequest): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const lost = () => this.#happen(() => reject(new Error("no answer came")));
      const stopWatching = this.#network.onCut(lost);
      const timer = this.#world.clock.after(request.timeoutMs, lost);
      const finish = (end: () => void) => {
        stopWatching();
        timer.cancel();
        this.#happen(end);
      };
      request.signal?.addEventListener("abort", () => finish(() => reject(new Error("the request was given up"))));
      if (this.#network.isCut) return finish(() => reject(new Error("there is no network")));
      this.#network.toServer(request.body?.length ?? 0, () => {
        void this.#world.answer(this.#user, request).then((answer) => {
          if (answer === null) return finish(() => reject(new Error("no answer came")));
          this.#network.toClient(answer.text.length, () => finish(() => resolve(answer)));
        });
      });
    });
  }

  inflate(): string {
    throw new Error("nothing is compressed on a test network");
  }

  watch(tell: (signal: EnvironmentSignal) => void): () => void {
    this.#tells.add(tell);
    return () => void this.#tells.delete(tell);
  }

  sleep(): void {
    this.#isAsleep = true;
  }

  wake(): void {
    if (!this.#isAsleep) return;
    this.#isAsleep = false;
    for (const run of this.#missed.splice(0)) this.after(0, run);
    for (const tell of [...this.#tells]) this.after(0, () => tell("awake"));
  }
}

/** Nothing is ever sent there. */
const ORIGIN = "ws://test.invalid";

/** An attempt that reached nobody has this code. */
const CUT_OFF = 1006;
