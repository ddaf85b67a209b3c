/** Starting a worker runs one of the files beside this one on a thread of its own. */

import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";

/**
 * The thread takes over no flags of the process but the one that it needs to find the same code: from sources, it finds the
 * sources of the other packages, whether they are built or not.
 */
export function startWorker(file: "writer-worker" | "backup-worker", name: string, workerData: unknown): Worker {
  const isSource = import.meta.url.endsWith(".ts");
  if (isSource) keepStrippingSound();
  const url = new URL(`./${file}.${isSource ? "ts" : "js"}`, import.meta.url);
  return new Worker(url, { workerData, name, execArgv: isSource ? ["--conditions=source"] : [] });
}

/**
 * Node takes the types out of sources with WebAssembly. Where a thread does so for many files, V8 compiles anew how WebAssembly is
 * called from JavaScript, and frees what another thread may have freed: the process ends by SIGSEGV (Node 24.21, about once in
 * five hundred threads). So V8 is told not to compile it anew. Built code takes no types out.
 */
function keepStrippingSound(): void {
  setFlagsFromString("--wasm-wrapper-tiering-budget=1000000000");
}
