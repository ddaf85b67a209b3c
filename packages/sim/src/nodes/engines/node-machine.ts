/** The machine of one node can be paused: no timer and no answer gets through then. Its clock goes on. */

import type { Timer } from "@neverstale/base";
import { formatDigest, recordHash } from "@neverstale/protocol";
import type { Runtime } from "@neverstale/server";
import type { Surroundings } from "../../world/surroundings.ts";

export class NodeMachine implements Runtime {
  readonly #world: Surroundings;
  /** The wall clock of this machine is wrong by so much. No rule may rest on it (promise P9). */
  readonly #wallSkewMs: number;
  isAlive = true;
  #isPaused = false;
  /** These would have happened while it was paused. */
  #missed: (() => void)[] = [];

  constructor(world: Surroundings, wallSkewMs: number) {
    this.#world = world;
    this.#wallSkewMs = wallSkewMs;
  }

  now(): number {
    return this.#world.clock.now;
  }

  wallTime(): number {
    return this.#world.wallTime() + this.#wallSkewMs;
  }

  newId(): string {
    return this.#world.newId();
  }

  authenticate(secret: string, text: string): string {
    return formatDigest(recordHash(secret, text, { id: "" }));
  }

  after(delayMs: number, run: () => void): Timer {
    let isCancelled = false;
    const timer = this.#world.clock.after(delayMs, () =>
      this.happen(() => {
        if (!isCancelled) run();
      }),
    );
    return {
      cancel: () => {
        isCancelled = true;
        timer.cancel();
      },
    };
  }

  soon(run: () => void): void {
    this.after(0, run);
  }

  loopUtilization(): number {
    return 0;
  }

  /** All that happens to the process goes through here. */
  happen(run: () => void): void {
    if (!this.isAlive) return;
    if (this.#isPaused) this.#missed.push(run);
    else run();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    for (const run of this.#missed.splice(0)) this.#world.clock.after(0, () => this.happen(run));
  }
}
