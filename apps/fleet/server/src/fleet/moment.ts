/** A moment says when a decision is made, and draws its new ids. */

/** It is read once per request, so that a decision is repeatable. */
export interface FleetMoment {
  /** It counts milliseconds since 1970. */
  readonly ms: number;
  /** It is `ms` as ISO 8601 in UTC. */
  readonly iso: string;
  /** It returns at least 128 random bits, as text. */
  newId(): string;
  /** It returns the SHA-256 of a text, in hexadecimal digits. */
  hashOf(text: string): string;
}

export function isoAfter(at: FleetMoment, delayMs: number): string {
  return new Date(at.ms + delayMs).toISOString();
}

/** The server has two clocks. */
export interface Clocks {
  /** It returns milliseconds since 1970. */
  readonly now: () => number;
  /** It returns milliseconds of a clock that nobody sets, for what waits and for what is counted by the second. */
  readonly steadyNow: () => number;
}
