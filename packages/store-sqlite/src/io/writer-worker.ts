/** The writer worker is the thread of a worker writer: it runs one step for each message, in their order. */

import { parentPort, workerData } from "node:worker_threads";
import { StoreFailure } from "@neverstale/server/store";
import { StoreSteps } from "../sliced/steps/store-steps.ts";
import { runStep } from "../sliced/writer-thread.ts";
import { SqliteDatabase } from "./sqlite-database.ts";
import { sqliteCode } from "./sqlite-failure.ts";
import type { WorkerSettings, WriterReply, WriterRequest } from "./worker-writer.ts";

const settings = workerData as WorkerSettings;
const now = () => performance.now();
let steps: StoreSteps | null = null;

function reply({ id, step, args }: WriterRequest): WriterReply {
  try {
    steps ??= new StoreSteps(new SqliteDatabase(settings.database), now, settings.steps);
    return { id, ...runStep(steps, step, args, now) };
  } catch (error) {
    const outcome = error instanceof StoreFailure ? error.outcome : "unknown";
    const message = error instanceof Error ? error.message : String(error);
    const cause = error instanceof StoreFailure ? error.cause : error;
    return { id, failure: { outcome, message, code: sqliteCode(cause) } };
  }
}

parentPort?.on("message", (request: WriterRequest) => {
  parentPort?.postMessage(reply(request));
  if (request.step === "close") parentPort?.close();
});
