/** The longest that a timer of Node waits; it takes anything longer for 1 ms. */
const LONGEST_MS = 2_147_483_647;

/** A timer for as long as it may be, and for that time where it is asked for longer: a limit may be lifted. */
export function startTimer(run: () => void, delayMs: number): NodeJS.Timeout {
  return setTimeout(run, Math.min(delayMs, LONGEST_MS));
}
