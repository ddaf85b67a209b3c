/** Starting a worker runs one of the files beside this one on a thread of its own. */

import { existsSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { SyncError } from "@neverstale/protocol";

export type WorkerFile = "writer-worker" | "backup-worker";

/**
 * The thread takes over no flags of the process but the one that it needs to find the same code: from sources, it finds the
 * sources of the other packages, whether they are built or not. It throws `store_unavailable` where `hasWorker` is false.
 */
export function startWorker(file: WorkerFile, name: string, workerData: unknown): Worker {
  const url = urlOf(file);
  if (url === null || !existsSync(url)) throw notBundled(file);
  if (IS_SOURCE) keepStrippingSound();
  return new Worker(url, { workerData, name, execArgv: IS_SOURCE ? ["--conditions=source"] : [] });
}

/** A bundle of a server has no worker, unless whoever made it has bundled that, too, and put it beside. */
export function hasWorker(file: WorkerFile): boolean {
  const url = urlOf(file);
  return url !== null && existsSync(url);
}

const IS_SOURCE = import.meta.url?.endsWith(".ts") === true;

/** A bundle of CommonJS has no address of its own. */
function urlOf(file: WorkerFile): URL | null {
  const path = `./${file}.${IS_SOURCE ? "ts" : "js"}`;
  return URL.canParse(path, import.meta.url) ? new URL(path, import.meta.url) : null;
}

function notBundled(file: WorkerFile): SyncError {
  return new SyncError("store_unavailable", `the program of the thread is not there: ${file}.js`, {
    hint: `Bundle @neverstale/store-sqlite/${file} as ${file}.js beside the server's bundle, or leave out the option \`writer\`.`,
  });
}

/**
 * Node takes the types out of sources with WebAssembly. Where a thread does so for many files, V8 compiles anew how WebAssembly is
 * called from JavaScript, and frees what another thread may have freed: the process ends by SIGSEGV (Node 24.21, about once in
 * five hundred threads). So V8 is told not to compile it anew. Built code takes no types out.
 */
function keepStrippingSound(): void {
  setFlagsFromString("--wasm-wrapper-tiering-budget=1000000000");
}
