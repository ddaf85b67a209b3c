/** A moment says when a decision is made, and draws its new ids: it is read once per request, so that a decision is repeatable. */

export interface FleetMoment {
  /** Milliseconds since 1970. */
  readonly ms: number;
  /** The same as ISO 8601 in UTC. */
  readonly iso: string;
  /** It returns at least 128 random bits, as text. */
  newId(): string;
}

export function isoAfter(at: FleetMoment, delayMs: number): string {
  return new Date(at.ms + delayMs).toISOString();
}

/** The two clocks of the server. */
export interface Clocks {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that nobody sets, for what waits and for what is counted by the second. */
  readonly steadyNow: () => number;
}
