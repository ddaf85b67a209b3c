/** A test bed is a server and its clients in one process. No port is opened, and no time passes but what the test lets pass. */

import { type Millis, VirtualClock } from "@neverstale/base";
import type { Model, SpaceDeclarations, StateOf } from "@neverstale/protocol";
import { type MemoryData, memoryStore, type StateManager, type SyncHub, type SyncMetrics } from "@neverstale/server";
import { Chance, Ids } from "./ids.ts";
import { type ProcessOptions, ServerProcess } from "./server-process.ts";
import { TestClient, type TestClientOptions } from "./test-client.ts";

/** They are those of `StateManager.open`, without a store: everything is in memory. */
export interface TestBedOptions<M extends Model, Spaces extends SpaceDeclarations> extends ProcessOptions<M, Spaces> {
  /** The server starts with what `backup` of another bed returned. */
  readonly data?: MemoryData;
}

export interface RestartOptions {
  /** The server starts with this copy, as after a backup was restored. By default it starts with all that it had stored. */
  readonly from?: MemoryData;
}

export class TestBed<M extends Model, Spaces extends SpaceDeclarations = SpaceDeclarations> {
  readonly #options: TestBedOptions<M, Spaces>;
  readonly #clock = new VirtualClock();
  readonly #ids = new Ids();
  readonly #chance = new Chance();
  #store: ReturnType<typeof memoryStore>;
  #process: ServerProcess<M, Spaces> | null = null;

  /** It rejects as `StateManager.open` does. */
  static async open<M extends Model, const Spaces extends SpaceDeclarations = Readonly<Record<never, never>>>(
    options: TestBedOptions<M, Spaces>,
  ): Promise<TestBed<M, Spaces>> {
    const bed = new TestBed<M, Spaces>(options);
    await bed.start();
    return bed;
  }

  private constructor(options: TestBedOptions<M, Spaces>) {
    this.#options = options;
    this.#store = memoryStore(options.data === undefined ? {} : { data: options.data });
  }

  /** This is the authority that runs now. After a restart it is another one. */
  get manager(): StateManager<M, Spaces> {
    return this.#running().manager;
  }

  #running(): ServerProcess<M, Spaces> {
    if (this.#process === null) throw new Error("the server of this test bed does not run: call `start` first");
    return this.#process;
  }

  /** They count what the server that runs now has sent, so that a test can ask for no full state. */
  get metrics(): SyncMetrics {
    return this.#running().metrics;
  }

  /** It returns the milliseconds that have passed since the bed was opened. */
  get now(): Millis {
    return this.#clock.now;
  }

  /** A page is opened. It begins to connect, and gets there when time passes. */
  connect<State = StateOf<M>>(options: TestClientOptions = {}): TestClient<State> {
    const world = {
      clock: this.#clock,
      ids: this.#ids,
      chance: this.#chance,
      accept: (connection: Parameters<ServerProcess<M, Spaces>["accept"]>[0]) => {
        if (this.#process === null) connection.processEnded();
        else this.#process.accept(connection);
      },
      answer: async (...asked: Parameters<ServerProcess<M, Spaces>["answer"]>) =>
        (await this.#process?.answer(...asked)) ?? null,
    };
    return new TestClient<State>(world, options);
  }

  /** So much time passes, and everything that is due happens in its order. */
  async pass(ms: Millis): Promise<void> {
    await this.#clock.runUntil(this.#clock.now + ms, () => true);
  }

  /**
   * Time passes until a promise is settled, and no longer. It resolves or rejects as the promise does. It rejects when
   * `withinMs` have passed, which are ten minutes by default.
   */
  async settled<Result>(promise: Promise<Result>, withinMs: Millis = 600_000): Promise<Result> {
    let isSettled = false;
    const settle = () => {
      isSettled = true;
    };
    promise.then(settle, settle);
    await this.#clock.runUntil(this.#clock.now + withinMs, () => !isSettled);
    if (!isSettled) throw new Error(`the promise was not settled within ${withinMs} ms of the virtual clock`);
    return promise;
  }

  /** Takes the right to follow away from whoever `judge` names a close code for (rule A11). It returns how many these were. */
  revoke(judge: Parameters<SyncHub["revoke"]>[0]): number {
    return this.#running().revoke(judge);
  }

  /** The server ends as by `kill -9`. All that it has acknowledged is stored. Clients try to come back. */
  kill(): void {
    this.#process?.kill();
    this.#process = null;
  }

  /** The server starts, after `kill`. It rejects while one runs. */
  async start({ from }: RestartOptions = {}): Promise<void> {
    if (this.#process !== null) throw new Error("the server of this test bed runs already: call `kill` first");
    this.#store = memoryStore({ data: from ?? this.#store.dump() });
    const world = { clock: this.#clock, ids: this.#ids, store: this.#store };
    this.#process = await ServerProcess.start(this.#options, world);
  }

  /** The server is killed and starts anew. */
  async restart(options: RestartOptions = {}): Promise<void> {
    this.kill();
    await this.start(options);
  }

  /** It returns a copy of all that is stored now. */
  backup(): MemoryData {
    return this.#store.dump();
  }

  /** The server ends in good order. Clients that are left open go on trying whenever time passes. */
  async close(): Promise<void> {
    const closing = this.#process?.close();
    this.#process = null;
    if (closing !== undefined) await this.settled(closing);
  }
}
