// Prints the machine's load and memory four times a second: `stream.mjs -- SECONDS`.
import { freemem, loadavg, totalmem } from "node:os";
import { setTimeout as delay } from "node:timers/promises";

const INTERVAL_MS = 250;
const seconds = Number(process.argv.at(-1));
const lines = Math.max(1, Math.round((seconds * 1000) / INTERVAL_MS));

for (let line = 1; line <= lines; line += 1) {
  const usedPercent = (100 * (1 - freemem() / totalmem())).toFixed(1);
  console.log(`${new Date().toISOString()} ${line}/${lines} load ${loadavg()[0].toFixed(2)} memory ${usedPercent} %`);
  if (line < lines) await delay(INTERVAL_MS);
}
