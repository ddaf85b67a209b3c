import { isOpen } from "./decide.ts";
import type { Known } from "./known.ts";

/** The journal keeps an id this long after its deadline (or its end, when it has none or ended later): what it holds never runs again. */
export const KEEP_MS = 24 * 3_600_000;
/** Output that the server has is kept too, newest first, up to this much in all: an older server state may ask for it again. */
export const KEPT_SPOOL_BYTES = 256 * 1024 ** 2;

export interface Retention {
  readonly forget: readonly string[];
  readonly dropSpool: readonly string[];
}

/** What may go from the disk. `wallMs`: this machine's clock. */
export function retention(known: readonly Known[], wallMs: number): Retention {
  const done = known.filter((one) => !isOpen(one)).sort((a, b) => doneAt(b) - doneAt(a));
  const dropSpool: string[] = [];
  let keptBytes = 0;
  for (const one of done) {
    keptBytes += one.spooledBytes;
    if (keptBytes > KEPT_SPOOL_BYTES && one.spooledBytes > 0) dropSpool.push(one.entry.commandId);
  }
  const forget = done.filter((one) => wallMs - doneAt(one) > KEEP_MS).map((one) => one.entry.commandId);
  return { forget, dropSpool };
}

function doneAt({ entry }: Known): number {
  return Math.max(
    ...[entry.deadline, entry.settledAt, entry.journaledAt].map((time) => (time === null ? 0 : Date.parse(time))),
  );
}
