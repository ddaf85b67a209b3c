/** The authority needs this of the machine: the one door through which time and randomness come in. */

import type { Millis, Timer } from "@neverstale/base";

export interface Runtime {
  /** A monotonic clock. */
  now(): Millis;
  /** The wall clock, in milliseconds since 1970. It is stored beside changes, and never used to order or to wait. */
  wallTime(): number;
  /** 128 random bits from a cryptographic source, as text. */
  newId(): string;
  /** It authenticates a text under a secret (HMAC, RFC 2104), and returns 128 bits as text. */
  authenticate(secret: string, text: string): string;
  after(delayMs: Millis, run: () => void): Timer;
  /** Runs once the events that wait now have been handled: calls of one turn of the event loop meet there. */
  soon(run: () => void): void;
  /** The share of the last while in which the event loop was busy, 0 to 1. */
  loopUtilization(): number;
}
