/** The disposal says which commands and which outputs may go from the disk. */

import { isOpen, type Known } from "./known.ts";

export interface Disposal {
  readonly forget: readonly string[];
  readonly dropSpool: readonly string[];
}

/**
 * The journal keeps an id this long after its deadline, or after its end when it has no deadline or ended later. What the
 * journal holds never runs again.
 */
export const KEEP_MS = 24 * 3_600_000;
/** Output that the server has is kept too, newest first, up to this much in all: an older server state may ask for it again. */
export const KEPT_SPOOL_BYTES = 256 * 1024 ** 2;

/** `wallMs` is the time by this machine's clock. */
export function disposalOf(known: readonly Known[], wallMs: number): Disposal {
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
