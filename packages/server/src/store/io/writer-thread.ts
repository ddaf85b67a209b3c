import { Worker } from "node:worker_threads";
import { StoreFailure } from "../contract.ts";
import type { DatabaseWriter, WriterSettings } from "./database-writer.ts";

/** The steps of a `DatabaseWriter` that can be asked of another thread. */
export type WriterStep = "commit" | "takeRows" | "dropRows" | "writeRows" | "trim" | "checkpoint" | "close";

type Arguments<Step extends WriterStep> = Parameters<DatabaseWriter[Step]>;
type Result<Step extends WriterStep> = ReturnType<DatabaseWriter[Step]>;

export interface Done<Value> {
  readonly value: Value;
  /** How long the step took where it ran. */
  readonly tookMs: number;
}

/** A `DatabaseWriter` that is asked, and answers later. Rejects with a `StoreFailure`. */
export interface WriterThread {
  ask<Step extends WriterStep>(step: Step, ...args: Arguments<Step>): Promise<Done<Result<Step>>>;
}

export interface WriterRequest {
  readonly id: number;
  readonly step: WriterStep;
  readonly args: readonly unknown[];
}

export type WriterReply =
  | { readonly id: number; readonly value: unknown; readonly tookMs: number }
  | {
      readonly id: number;
      readonly failure: {
        readonly outcome: StoreFailure["outcome"];
        readonly message: string;
        readonly code: number | null;
      };
    };

interface Waiting {
  readonly resolve: (done: Done<never>) => void;
  readonly reject: (failure: StoreFailure) => void;
}

/** Runs on this thread, a turn of the event loop for each step. */
export class LocalWriter implements WriterThread {
  readonly #writer: DatabaseWriter;

  constructor(writer: DatabaseWriter) {
    this.#writer = writer;
  }

  ask<Step extends WriterStep>(step: Step, ...args: Arguments<Step>): Promise<Done<Result<Step>>> {
    return new Promise((resolve, reject) => {
      setImmediate(() => {
        try {
          resolve(runStep(this.#writer, step, args) as Done<Result<Step>>);
        } catch (error) {
          reject(error);
        }
      });
    });
  }
}

/** Runs on a thread of its own, which ends with `close`. It keeps the process alive only while it is being asked. */
export class WorkerWriter implements WriterThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #ended: StoreFailure | null = null;

  constructor(settings: WriterSettings) {
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const file = new URL(`./writer-worker.${extension}`, import.meta.url);
    this.#worker = new Worker(file, { workerData: settings, name: "store", execArgv: [] });
    this.#worker.unref();
    this.#worker.on("message", (reply: WriterReply) => this.#answer(reply));
    this.#worker.on("error", (error) => this.#end(error));
    this.#worker.on("exit", (code) => this.#end(new Error(`the store's thread ended with code ${code}`)));
  }

  ask<Step extends WriterStep>(step: Step, ...args: Arguments<Step>): Promise<Done<Result<Step>>> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#lastId += 1;
      this.#waiting.set(this.#lastId, { resolve, reject });
      if (this.#waiting.size === 1) this.#worker.ref();
      this.#worker.postMessage({ id: this.#lastId, step, args } satisfies WriterRequest);
    });
  }

  #answer(reply: WriterReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ("failure" in reply) {
      const { outcome, message, code } = reply.failure;
      waiting?.reject(new StoreFailure(outcome, message, code === null ? undefined : { errcode: code }));
    } else waiting?.resolve({ value: reply.value as never, tookMs: reply.tookMs });
  }

  /** Whatever it was doing, nobody knows how far it came. */
  #end(cause: Error): void {
    this.#ended ??= new StoreFailure("unknown", cause.message, cause);
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}

export function runStep(writer: DatabaseWriter, step: WriterStep, args: readonly unknown[]): Done<unknown> {
  const started = performance.now();
  const run = writer[step] as (...args: readonly unknown[]) => unknown;
  const value = run.apply(writer, args as unknown[]);
  return { value, tookMs: performance.now() - started };
}
