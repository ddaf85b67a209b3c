import type { Millis } from "@neverstale/base";
import type { StoreSteps } from "./steps/store-steps.ts";

/** The steps of a store that can be asked of another thread. */
export type WriterStep = "commit" | "addRows" | "dropRows" | "writeRows" | "trim" | "checkpoint" | "close";

type Arguments<Step extends WriterStep> = Parameters<StoreSteps[Step]>;
type Result<Step extends WriterStep> = ReturnType<StoreSteps[Step]>;

export interface Done<Value> {
  readonly value: Value;
  /** How long the step took where it ran. */
  readonly tookMs: Millis;
}

/** `StoreSteps` that are asked, and answer later, in the order in which they were asked. Rejects with a `StoreFailure`. */
export interface WriterThread {
  ask<Step extends WriterStep>(step: Step, ...args: Arguments<Step>): Promise<Done<Result<Step>>>;
}

/** Runs on this thread, a turn of the event loop for each step. */
export class LocalWriter implements WriterThread {
  readonly #steps: StoreSteps;
  readonly #now: () => Millis;
  readonly #soon: (run: () => void) => void;

  constructor(steps: StoreSteps, now: () => Millis, soon: (run: () => void) => void) {
    this.#steps = steps;
    this.#now = now;
    this.#soon = soon;
  }

  ask<Step extends WriterStep>(step: Step, ...args: Arguments<Step>): Promise<Done<Result<Step>>> {
    return new Promise((resolve, reject) => {
      this.#soon(() => {
        try {
          resolve(runStep(this.#steps, step, args, this.#now) as Done<Result<Step>>);
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
