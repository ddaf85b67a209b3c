/** The way from one node to the database is slow, is cut, or loses what is on it. */

import { StoreFailure } from "@neverstale/server";
import type { Random } from "../../plan/random.ts";
import type { Surroundings } from "../../world/surroundings.ts";
import type { NodeMachine } from "./node-machine.ts";

export class DatabaseWay {
  readonly #world: Surroundings;
  readonly #machine: NodeMachine;
  readonly #random: Random;
  readonly trouble: WayTrouble;

  constructor(world: Surroundings, machine: NodeMachine, random: Random, trouble: WayTrouble) {
    this.#world = world;
    this.#machine = machine;
    this.#random = random;
    this.trouble = trouble;
  }

  /** A statement arrives though its node has been paused or killed meanwhile. Nobody may learn what came of it. */
  ask<Result>(isWrite: boolean, work: () => Result | Promise<Result>): Promise<Result> {
    if (this.trouble.isCut) return this.#fails("nothing_moved", this.#random.int(1, 500));
    const isLost = this.#random.chance(this.trouble.loss);
    return new Promise((resolve, reject) => {
      this.#world.clock.after(this.#travelMs(), () => {
        if (this.trouble.isCut || isLost) return this.#lost(isWrite).catch(reject);
        const answer = attempt(work);
        const loses = this.#random.chance(this.trouble.loss);
        answer.then(
          (result) => this.#answers(isWrite, loses, () => resolve(result), reject),
          (error) => this.#answers(isWrite, loses, () => reject(error), reject),
        );
      });
    });
  }

  #answers(isWrite: boolean, loses: boolean, tell: () => void, reject: (error: unknown) => void): void {
    if (loses) return void this.#lost(isWrite).catch(reject);
    this.#world.clock.after(this.#travelMs(), () => {
      if (this.trouble.isCut) this.#lost(isWrite).catch(reject);
      else this.#machine.happen(tell);
    });
  }

  #lost(isWrite: boolean): Promise<never> {
    this.#world.counters.add(isWrite ? "engines_writes_unknown" : "engines_reads_lost");
    return this.#fails(isWrite ? "unknown" : "nothing_moved", this.#random.int(1, 2_000));
  }

  #fails(outcome: "nothing_moved" | "unknown", afterMs: number): Promise<never> {
    return new Promise((_, reject) => {
      this.#machine.after(afterMs, () => reject(new StoreFailure(outcome, "there is no way to the database")));
    });
  }

  #travelMs(): number {
    return this.#random.int(0, 3) + this.#random.skewed(this.trouble.slowMs);
  }
}

/** These things go wrong on the way. */
export interface WayTrouble {
  isCut: boolean;
  /** A statement or its answer is lost so often. */
  loss: number;
  /** Each way takes so long at most. */
  slowMs: number;
}

async function attempt<Result>(work: () => Result | Promise<Result>): Promise<Result> {
  return work();
}
