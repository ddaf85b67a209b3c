/** The server's clock counts for deadlines. Every answer brings a reading of it. */

export interface ClockReading {
  /** This is the latest time that it can have been at the server when the answer came, in ms since 1970. */
  readonly serverMs: number;
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** These are this machine's two clocks, in ms. */
export interface LocalTime {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** An older reading says nothing: clocks drift, and machines sleep. */
export const MAX_READING_AGE_MS = 60_000;

/** `now` is ISO 8601, as the server wrote it somewhere between `sent` and `received`. Returns null when it is no time. */
export function readServerClock(now: string, sent: LocalTime, received: LocalTime): ClockReading | null {
  const serverMs = Date.parse(now);
  if (Number.isNaN(serverMs)) return null;
  return { ...received, serverMs: serverMs + Math.max(0, received.monotonicMs - sent.monotonicMs) };
}

/**
 * Returns the latest time that it can be at the server, or null when that isn't known. The clock that has moved further
 * counts: the monotonic one stands still while the machine sleeps, and the other may be set back.
 */
export function serverTime(reading: ClockReading | null, local: LocalTime): number | null {
  if (reading === null) return null;
  const ageMs = Math.max(local.monotonicMs - reading.monotonicMs, local.wallMs - reading.wallMs);
  return ageMs > MAX_READING_AGE_MS ? null : reading.serverMs + ageMs;
}
