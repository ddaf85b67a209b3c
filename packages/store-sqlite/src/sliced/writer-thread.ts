/** The writer thread runs the steps of a store when it is asked to, on another thread or on this one. */

import type { Millis } from "@neverstale/base";
import type { StoreSteps } from "./steps/store-steps.ts";

/** It answers in the order in which it was asked. A step that fails rejects with a `StoreFailure`. */
export interface WriterThread {
  ask<Name extends WriterStep>(step: Name, ...args: Arguments<Name>): Promise<Done<Result<Name>>>;
}

/** The local writer runs on this thread, in a turn of the event loop for each step. */
export class LocalWriter implements WriterThread {
  readonly #steps: StoreSteps;
  readonly #now: () => Millis;
  readonly #soon: (run: () => void) => void;

  constructor(steps: StoreSteps, now: () => Millis, soon: (run: () => void) => void) {
    this.#steps = steps;
    this.#now = now;
    this.#soon = soon;
  }

  ask<Name extends WriterStep>(step: Name, ...args: Arguments<Name>): Promise<Done<Result<Name>>> {
    return new Promise((resolve, reject) => {
      this.#soon(() => {
        try {
          resolve(runStep(this.#steps, step, args, this.#now) as Done<Result<Name>>);
        } catch (error) {
          reject(error);
        }
      });
    });
  }
}

export function runStep(
  steps: StoreSteps,
  step: WriterStep,
  args: readonly unknown[],
  now: () => Millis,
): Done<unknown> {
  const started = now();
  const run = steps[step] as (...args: readonly unknown[]) => unknown;
  const value = run.apply(steps, args as unknown[]);
  return { value, tookMs: now() - started };
}

/** These steps of a store can be asked of another thread. */
export type WriterStep =
  | "commit"
  | "addRows"
  | "dropRows"
  | "writeRows"
  | "appendPoints"
  | "dropPoints"
  | "dropHistory"
  | "trim"
  | "checkpoint"
  | "close";

type Arguments<Name extends WriterStep> = Parameters<StoreSteps[Name]>;
type Result<Name extends WriterStep> = ReturnType<StoreSteps[Name]>;

export interface Done<Value> {
  readonly value: Value;
  /** The step took so long where it ran. */
  readonly tookMs: Millis;
}
