const FIRST_MS = 500;
/** Well below the time after which the server calls a silent host offline. */
const LONGEST_MS = 5_000;

/** How long to wait before try `attempt` (1 is the first repeat): doubles, with full jitter above a small floor. `chance` in [0, 1). */
export function retryDelayMs(attempt: number, chance: number): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt - 1, 10));
  return FIRST_MS / 2 + chance * ceiling;
}
