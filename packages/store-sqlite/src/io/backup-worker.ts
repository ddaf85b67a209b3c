/** The backup worker is the thread on which a backup is made. */

import { parentPort, workerData } from "node:worker_threads";
import { copyDatabase } from "./backup-copy.ts";

const { from, to } = workerData as { readonly from: string; readonly to: string };
parentPort?.postMessage(copyDatabase(from, to));
