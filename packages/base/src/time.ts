/** The types of time that all packages share. */

/** These are milliseconds on a monotonic clock, with a fraction, or a span of them. */
export type Millis = number;

/** A timer is something that runs later, unless it is cancelled before. */
export interface Timer {
  /** It does nothing when the timer has run already. */
  cancel(): void;
}
