/** Runs of broken builds share a process, because to load the engine takes longer than to run most of them. */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { RunPlan } from "../../plan/plan.ts";
import type { RunReport } from "../messages.ts";

export interface BrokenOrder {
  /** The build has this name. */
  readonly name: string;
  readonly plan: RunPlan;
}

/** One run goes on at a time. */
export class BrokenRuns {
  #child: ChildProcess | null = null;
  #runs = 0;
  #isBusy = false;

  async run(name: string, plan: RunPlan): Promise<RunReport> {
    // A run that nobody waits for any more hangs, and each copy of the engine stays in memory.
    if (this.#isBusy || this.#runs >= RUNS_OF_A_PROCESS) this.close();
    this.#child ??= fork(RUNNER, { execArgv: FLAGS, env: { ...process.env, ...NOTHING_IS_KEPT } });
    this.#runs += 1;
    this.#isBusy = true;
    const report = await reportOf(this.#child, { name, plan });
    this.#isBusy = false;
    return report;
  }

  close(): void {
    this.#child?.kill();
    this.#child = null;
    this.#runs = 0;
  }
}

const RUNNER = fileURLToPath(new URL("./runner.ts", import.meta.url));
/** Runs are so short that V8 would spend more time on compiling better code than the better code saves. */
const FLAGS = ["--conditions=source", "--disable-warning=ExperimentalWarning", "--no-opt", "--no-maglev"];
/** Node would keep what it compiled of each copy, though no copy is ever loaded again. */
const NOTHING_IS_KEPT = { NODE_DISABLE_COMPILE_CACHE: "1" };
const RUNS_OF_A_PROCESS = 40;

async function reportOf(child: ChildProcess, order: BrokenOrder): Promise<RunReport> {
  const over = new AbortController();
  const { signal } = over;
  try {
    const told = once(child, "message", { signal }) as Promise<[RunReport]>;
    const exit = once(child, "exit", { signal });
    child.send(order);
    const first = await Promise.race([told, exit.then(() => null)]);
    if (first === null) throw new Error(`the process of "${order.name}" ended before it had said what came of its run`);
    return first[0];
  } finally {
    over.abort();
  }
}
