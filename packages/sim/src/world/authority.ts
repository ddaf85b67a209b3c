/** One process of the authority after another is started and ended here, and backups are put in place in between. */

import { StoreFailure } from "@neverstale/server";
import type { AnswerSink, HttpEnd, SimAsk, Trip } from "../http/http-end.ts";
import type { SimConnection } from "../network/connection.ts";
import type { SimAnswer, SimRequest } from "../network/http.ts";
import type { AuthorityEnd } from "../network/network.ts";
import { EMPTY_IMAGE, type Image } from "../store/disk.ts";
import { Incarnation } from "./incarnation.ts";
import type { AuthorityConfig, Surroundings } from "./surroundings.ts";

export class Authority implements AuthorityEnd, HttpEnd {
  readonly config: AuthorityConfig;
  readonly #world: Surroundings;
  /** This process runs. It is null when none does. */
  process: Incarnation | null = null;
  /** So many processes were started. */
  starts = 0;
  #takeovers = 0;
  /** The newest process began to serve at this time. */
  servingSince = 0;
  /** With true the machine is off. Nobody answers, not even with a refusal. */
  #off = false;
  #keepsRunning = false;

  constructor(world: Surroundings, config: AuthorityConfig) {
    this.#world = world;
    this.config = config;
  }

  get serving(): boolean {
    return this.process?.serving === true;
  }

  get manager() {
    return this.process?.manager ?? null;
  }

  start(): void {
    if (this.process !== null) return;
    this.#off = false;
    this.starts += 1;
    const process = new Incarnation(this.#world, this.config, this.starts, (ended) => this.#exit(ended));
    this.process = process;
    this.#note(`starts ${this.starts}`);
    process.start().then(
      () => {
        if (!process.alive || process.hub === null) return;
        this.servingSince = this.#world.clock.now;
        this.#note(`serves ${process.epoch} ${process.manager?.version}`);
      },
      (error: unknown) => this.#world.fail("crash", `the start fails: ${String(error)}`),
    );
  }

  /** From here on there is always a process. One that ends is started again. */
  keepRunning(): void {
    this.#keepsRunning = true;
    this.start();
  }

  startAfter(ms: number): void {
    this.#world.clock.after(ms, () => this.start());
  }

  /** So many epochs may have begun: one with each start, and one with each takeover in a process that runs. */
  get epochs(): number {
    return this.starts + this.#takeovers;
  }

  /** The process takes over anew while it runs. */
  takeOver(): void {
    if (this.process === null || !this.serving) return;
    this.#takeovers += 1;
    this.#note("takes over");
    this.process.takeOver();
  }

  /** The process ends as by `kill -9`, or the machine loses its power. */
  crash(power: boolean): void {
    const { process } = this;
    if (process === null) return;
    this.#note(power ? "loses power" : "is killed");
    this.#world.counters.add(power ? "power_cuts" : "kills");
    this.process = null;
    this.#off = power;
    process.end(power);
    if (power) this.#world.disk.cutPower();
    else this.#world.disk.kill();
  }

  /** The process ends itself because of its disk, and is started again. */
  #exit(process: Incarnation): void {
    if (this.process !== process) return;
    this.#world.counters.add("exits");
    this.crash(false);
    this.startAfter(500);
  }

  /** The process ends gracefully. A crash may come in between. */
  stop(): void {
    const { process } = this;
    if (process === null || process.hub === null) return;
    this.#note("is stopped");
    process.stop().then(
      () => this.#stopped(process, "graceful_stops"),
      (error: unknown) => {
        if (!(error instanceof StoreFailure)) this.#world.fail("crash", `the stop fails: ${String(error)}`);
        this.#stopped(process, "stops_without_disk");
      },
    );
  }

  #stopped(process: Incarnation, how: string): void {
    if (this.process !== process) return;
    this.#note("has stopped");
    this.#world.counters.add(how);
    this.process = null;
    process.end(false);
    this.#world.disk.kill();
    if (this.#keepsRunning) this.startAfter(20);
  }

  /** While nothing runs, a backup or a database that knows nothing takes the place of the data. */
  restore(image: Image = EMPTY_IMAGE): void {
    this.crash(false);
    this.#note("is restored");
    this.#world.counters.add("restores");
    this.#world.restores += 1;
    this.#world.restoredAt = this.#world.clock.now;
    this.#world.disk.restore(image);
    this.#world.acks.restored(image.branch);
    this.#world.mutations.restored(image.branch);
    this.#world.calls.restored();
  }

  accept(connection: SimConnection): void {
    const { process } = this;
    if (process?.serving === true) process.accept(connection);
    else if (this.#off) connection.cut("nobody", 0);
    else connection.refuse();
  }

  request(request: SimRequest): Promise<SimAnswer> {
    const { process } = this;
    if (process?.serving === true) return process.request(request);
    if (this.#off) return new Promise(() => {});
    return Promise.reject(new Error("the connection was refused"));
  }

  ask(ask: SimAsk, sink: AnswerSink): Trip {
    const { process } = this;
    if (process?.serving === true && process.http !== null) return process.http.ask(ask, sink);
    if (this.#off) sink.vanished?.();
    else sink.failed();
    return { leave: () => {} };
  }

  #note(text: string): void {
    this.#world.trace.line(this.#world.clock.now, `authority ${text}`);
  }
}
