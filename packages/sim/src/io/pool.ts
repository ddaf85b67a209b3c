/** The pool runs seeds in several processes at once. */

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { RunReport, SeedsOrder } from "./messages.ts";

/** It rejects when one of the processes ends before it was told to. */
export function runPool(options: PoolOptions): Promise<void> {
  return new Promise((resolve, reject) => new Pool(options, resolve, reject).start());
}

const WORKER = fileURLToPath(new URL("./worker.ts", import.meta.url));
/** So many seeds are handed to a worker at a time. */
const CHUNK = 10;

export interface PoolOptions {
  readonly firstSeed: number;
  readonly runs: number;
  readonly jobs: number;
  /** It is called in the order of the seeds. Returning false ends the pool. */
  readonly onReport: (report: RunReport) => boolean;
  /** This script runs in each process. By default it is the worker itself. */
  readonly script?: string;
  readonly args?: readonly string[];
}

class Pool {
  readonly #options: PoolOptions;
  readonly #resolve: () => void;
  readonly #reject: (error: Error) => void;
  readonly #children = new Set<ChildProcess>();
  readonly #early = new Map<number, RunReport>();
  #nextOrder: number;
  #nextReport: number;
  readonly #end: number;
  #over = false;

  constructor(options: PoolOptions, resolve: () => void, reject: (error: Error) => void) {
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#nextOrder = options.firstSeed;
    this.#nextReport = options.firstSeed;
    this.#end = options.firstSeed + options.runs;
  }

  start(): void {
    const { jobs, runs } = this.#options;
    for (let i = 0; i < Math.min(jobs, Math.ceil(runs / CHUNK)); i += 1) this.#startChild();
  }

  #startChild(): void {
    const { script = WORKER, args = [] } = this.#options;
    const child = fork(script, [...args]);
    this.#children.add(child);
    let waitsFor = 0;
    const order = () => {
      waitsFor = this.#order(child);
    };
    child.on("message", (report: RunReport) => {
      waitsFor -= 1;
      this.#receive(report);
      if (waitsFor === 0) order();
    });
    child.on("error", (error) => this.#finish(error));
    child.on("exit", (code) => {
      if (!this.#over && this.#children.has(child)) this.#finish(new Error(`a worker ended with exit code ${code}`));
    });
    order();
  }

  /** It hands the next seeds out, and returns how many they are. */
  #order(child: ChildProcess): number {
    const runs = Math.min(CHUNK, this.#end - this.#nextOrder);
    if (runs <= 0 || this.#over) {
      this.#children.delete(child);
      child.disconnect();
      return 0;
    }
    const order: SeedsOrder = { firstSeed: this.#nextOrder, runs };
    this.#nextOrder += runs;
    child.send(order);
    return runs;
  }

  #receive(report: RunReport): void {
    // Runs of one kind alone are named "7/views".
    this.#early.set(Number.parseInt(report.seed, 10), report);
    for (let next = this.#early.get(this.#nextReport); next !== undefined && !this.#over; ) {
      this.#early.delete(this.#nextReport);
      this.#nextReport += 1;
      if (!this.#options.onReport(next) || this.#nextReport === this.#end) return this.#finish(null);
      next = this.#early.get(this.#nextReport);
    }
  }

  #finish(error: Error | null): void {
    if (this.#over) return;
    this.#over = true;
    for (const child of this.#children) child.kill();
    if (error === null) this.#resolve();
    else this.#reject(error);
  }
}
