/** One look at the server's clock. Every answer brings one. */
export interface ClockReading {
  /** The latest time it can have been at the server, ms since 1970, when the answer came. */
  readonly serverMs: number;
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** This machine's two clocks, in ms. */
export interface LocalTime {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** An older reading says nothing: clocks drift, machines sleep. */
export const MAX_READING_AGE_MS = 60_000;

/** `now`: ISO 8601, as the server wrote it somewhere between `sent` and `received`. Null when it is no time. */
export function readServerClock(now: string, sent: LocalTime, received: LocalTime): ClockReading | null {
  const serverMs = Date.parse(now);
  if (Number.isNaN(serverMs)) return null;
  return { ...received, serverMs: serverMs + Math.max(0, received.monotonicMs - sent.monotonicMs) };
}

/**
 * The latest time it can be at the server, or null when that isn't known. Of the two clocks the one that has moved
 * further counts: the monotonic one stands still while the machine sleeps, the other may be set back.
 */
export function serverTime(reading: ClockReading | null, local: LocalTime): number | null {
  if (reading === null) return null;
  const ageMs = Math.max(local.monotonicMs - reading.monotonicMs, local.wallMs - reading.wallMs);
  return ageMs > MAX_READING_AGE_MS ? null : reading.serverMs + ageMs;
}
