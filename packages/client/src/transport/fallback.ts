/** The fallback takes the place of WebSocket where that doesn't pass (rule H9). This says what it needs, and what failing means. */

import type { Millis, Timer } from "@neverstale/base";
import { CLOSE } from "@neverstale/protocol";
import type { Transport } from "./transport.ts";

export type MakeFallback = (place: FallbackPlace) => Transport;

export interface FallbackPlace {
  readonly io: FallbackIo;
  /** It may be relative to the environment's `baseUrl`. */
  readonly url: string;
  readonly webSocket: Transport;
  /** So many WebSockets in a row have ended before any message. */
  readonly failures: number;
  /** One has brought a message on this network, so it passes. */
  readonly hasPassed: boolean;
}

export interface FallbackIo {
  now(): Millis;
  after(delayMs: Millis, run: () => void): Timer;
  readonly baseUrl: string | null;
}

/** A connection that was given up after so long without a message has failed. One that was left earlier says nothing. */
export const SILENT_MS: Millis = 5_000;

/** With any other code it was not the authority that ended it, or nobody was there. */
export function isWordOfAuthority(code: number): boolean {
  return code === CLOSE.comeBackNow || code === CLOSE.comeBackLater || code >= CLOSE.badMessage;
}
