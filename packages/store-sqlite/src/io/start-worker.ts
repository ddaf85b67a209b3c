import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";

/**
 * A thread that runs one of the files beside this one. It takes over no flags of the process but what it needs to find the
 * same code: from sources it is the sources of the other packages, whether they are built or not.
 */
export function startWorker(file: "writer-worker" | "backup-worker", name: string, workerData: unknown): Worker {
  const isSource = import.meta.url.endsWith(".ts");
  if (isSource) keepStrippingSound();
  const url = new URL(`./${file}.${isSource ? "ts" : "js"}`, import.meta.url);
  return new Worker(url, { workerData, name, execArgv: isSource ? ["--conditions=source"] : [] });
}

/**
 * Node takes the types out of sources with WebAssembly. Where a thread does so for many files, V8 compiles its way from there to
 * JavaScript anew, and frees what another thread may have freed: the process ends by SIGSEGV (Node 24.21, about once in five
 * hundred threads). It is told to leave that way as it is. Built code takes no types out.
 */
function keepStrippingSound(): void {
  setFlagsFromString("--wasm-wrapper-tiering-budget=1000000000");
}
