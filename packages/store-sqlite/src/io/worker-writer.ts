/** The worker writer runs the steps of a store on a thread of its own. */

import type { Worker } from "node:worker_threads";
import { StoreFailure } from "@neverstale/server/store";
import type { StoreSettings } from "../sliced/settings.ts";
import type { StoreSteps } from "../sliced/steps/store-steps.ts";
import type { Done, WriterStep, WriterThread } from "../sliced/writer-thread.ts";
import type { DatabaseSettings } from "./sqlite-database.ts";
import { startWorker } from "./start-worker.ts";

/** The thread ends with `close`. It keeps the process alive only while it is being asked. */
export class WorkerWriter implements WriterThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #ended: StoreFailure | null = null;

  constructor(settings: WorkerSettings) {
    this.#worker = startWorker("writer-worker", "store", settings);
    this.#worker.unref();
    this.#worker.on("message", (reply: WriterReply) => this.#answer(reply));
    this.#worker.on("error", (error) => this.#end(error));
    this.#worker.on("exit", (code) => this.#end(new Error(`the store's thread ended with code ${code}`)));
  }

  ask<Name extends WriterStep>(
    step: Name,
    ...args: Parameters<StoreSteps[Name]>
  ): Promise<Done<ReturnType<StoreSteps[Name]>>> {
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

  /** Whatever the thread was doing, nobody knows how far it came. */
  #end(cause: Error): void {
    this.#ended ??= new StoreFailure("unknown", cause.message, cause);
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}

export interface WorkerSettings {
  readonly database: DatabaseSettings;
  readonly steps: StoreSettings;
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
