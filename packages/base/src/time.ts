/** The types of time that all packages share. */

/** Milliseconds on a monotonic clock, with a fraction; also a span of them. */
export type Millis = number;

/** Something that runs later, unless it is cancelled before. */
export interface Timer {
  /** It does nothing when the timer has run already. */
  cancel(): void;
}
