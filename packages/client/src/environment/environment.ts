/** The environment is the one door through which time, chance and the network come into a replica. */

import type { Millis, Timer } from "@neverstale/base";
import type { MakeFallback } from "../transport/fallback.ts";
import type { ConnectionEvents } from "../transport/transport.ts";

/** A replica needs this of the machine on which it runs. */
export interface Environment {
  /** Returns the time of a monotonic clock. */
  now(): Millis;
  /** Returns the time of the wall clock, in milliseconds since 1970. */
  wallTime(): number;
  /** Returns a random number in [0, 1). */
  chance(): number;
  /** Returns at least 128 random bits from a cryptographic source, as text. */
  newId(): string;
  after(delayMs: Millis, run: () => void): Timer;
  /**
   * With true, records, lists and collections are frozen before readers get them, as outside production. A record that a
   * reader edited would be shown and be wrong, and no digest would tell. Without it, nothing is frozen.
   */
  readonly freezes?: boolean;
  /** Relative addresses begin here, such as at the page's own address. Null: there is no such place. */
  readonly baseUrl: string | null;
  /** It never calls `events` before it has returned. */
  openSocket(url: string, protocols: readonly string[], events: ConnectionEvents): ClientSocket;
  /** It takes the place of WebSocket where that doesn't pass; `fallbackOver` makes one. Without it, WebSocket is the only way (rule H9). */
  readonly fallback?: MakeFallback;
  /** The fallback is loaded with this when it may be needed. It is called again when it has rejected. */
  loadFallback?(): Promise<MakeFallback>;
  /** It rejects when no answer came. */
  request(request: HttpRequest): Promise<HttpAnswer>;
  /** Returns the text in a gzip, at once where it can. It fails when the text is longer than `maxBytes`. */
  inflate(bytes: Uint8Array, maxBytes: number): string | Promise<string>;
  /** Returns true while somebody may be looking, because the page is visible. Where it is not given, nobody is. */
  isSeen?(): boolean;
  /** It calls `tell` until the returned function is called. */
  watch(tell: (signal: EnvironmentSignal) => void): () => void;
}

/** A browser or an operating system tells this of the life outside. */
export type EnvironmentSignal = "awake" | "suspended" | "online" | "offline";

export interface ClientSocket {
  /** Nothing happens on a socket that is not open. */
  send(text: string): void;
  close(code: number): void;
}

export interface HttpEvents {
  /** The head of the answer has come. */
  answered(head: HttpHead): void;
  /** A piece of the body has come, in order. Characters are whole. */
  received(text: string): void;
  /** The body is whole. Nothing comes after it. */
  ended(): void;
  /** No answer came, or it was cut off. Nothing comes after it. */
  failed(): void;
}

export interface HttpHead {
  readonly status: number;
  /** Returns a header as it came. Null: there was none. */
  header(name: string): string | null;
}

/** A request that is under way. */
export interface OpenHttp {
  /** Nothing of it is of use any more. */
  close(): void;
}

export interface HttpRequest {
  readonly method: string;
  /** It is absolute, or relative to where the environment is. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** The answer counts as lost after this time. */
  readonly timeoutMs: Millis;
  readonly signal: AbortSignal | null;
}

export interface HttpAnswer {
  readonly status: number;
  /** This is the header as it came. Null: there was none. */
  readonly retryAfter: string | null;
  readonly text: string;
}
