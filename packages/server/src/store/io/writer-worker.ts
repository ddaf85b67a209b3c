import { parentPort, workerData } from "node:worker_threads";
import { StoreFailure } from "../contract.ts";
import { DatabaseWriter, type WriterSettings } from "./database-writer.ts";
import { sqliteCode } from "./sqlite-failure.ts";
import { runStep, type WriterReply, type WriterRequest } from "./writer-thread.ts";

/** The thread of a `WorkerWriter`: one step for each message, in their order. */
let writer: DatabaseWriter | null = null;

function reply({ id, step, args }: WriterRequest): WriterReply {
  try {
    writer ??= new DatabaseWriter(workerData as WriterSettings);
    return { id, ...runStep(writer, step, args) };
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
