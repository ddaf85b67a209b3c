/** When a decision is made, and where its new ids come from: read once per request, so that a decision is repeatable. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly ms: number;
  /** The same as ISO 8601 in UTC. */
  readonly iso: string;
  /** At least 128 random bits, as text. */
  newId(): string;
}

export function isoAfter(at: Moment, delayMs: number): string {
  return new Date(at.ms + delayMs).toISOString();
}
