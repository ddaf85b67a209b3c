import { Worker } from "node:worker_threads";

/**
 * A thread that runs one of the files beside this one. It takes over no flags of the process but what it needs to find the
 * same code: from sources it is the sources of the other packages, whether they are built or not.
 */
export function startWorker(file: "writer-worker" | "backup-worker", name: string, workerData: unknown): Worker {
  const isSource = import.meta.url.endsWith(".ts");
  const url = new URL(`./${file}.${isSource ? "ts" : "js"}`, import.meta.url);
  return new Worker(url, { workerData, name, execArgv: isSource ? ["--conditions=source"] : [] });
}
