import type { Millis, Timer } from "@neverstale/base";

export interface SocketEvents {
  opened(): void;
  /** A text frame, or a binary one with its own bytes. */
  received(frame: string | Uint8Array): void;
  /** Once; 1006 when it was cut off or never opened. Nothing comes after it. */
  closed(code: number): void;
}

export interface ClientSocket {
  /** Nothing happens on a socket that is not open. */
  send(text: string): void;
  close(code: number): void;
}

export interface HttpRequest {
  readonly method: string;
  /** Absolute, or relative to where the environment is. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** The answer counts as lost after this time. */
  readonly timeoutMs: Millis;
  readonly signal: AbortSignal | null;
}

export interface HttpAnswer {
  readonly status: number;
  /** The header as it came; null without. */
  readonly retryAfter: string | null;
  readonly text: string;
}

/** What a browser or an operating system tells of the life outside. */
export type EnvironmentSignal = "awake" | "suspended" | "online" | "offline";

/** What a replica needs of the machine: the one door through which time, chance and the network come in. */
export interface Environment {
  /** Monotonic. */
  now(): Millis;
  /** Wall clock, milliseconds since 1970. */
  wallTime(): number;
  /** In [0, 1). */
  chance(): number;
  /** At least 128 random bits from a cryptographic source, as text. */
  newId(): string;
  after(delayMs: Millis, run: () => void): Timer;
  /**
   * Whether records, lists and collections are frozen before readers get them, as outside production: one that is edited
   * would be shown and be wrong, and no digest tells. Not when absent.
   */
  readonly freezes?: boolean;
  /** Where relative addresses begin, e.g. the page's own; null when there is no such place. */
  readonly baseUrl: string | null;
  /** Never calls `events` before it has returned. */
  openSocket(url: string, protocols: readonly string[], events: SocketEvents): ClientSocket;
  /** Rejects when no answer came. */
  request(request: HttpRequest): Promise<HttpAnswer>;
  /** The text in a gzip; fails when it is longer than `maxBytes`. At once, where the environment can. */
  inflate(bytes: Uint8Array, maxBytes: number): string | Promise<string>;
  /** Whether somebody may be looking: the page is visible. Never, where it is not given. */
  isSeen?(): boolean;
  /** Calls `tell` until the returned function is called. */
  watch(tell: (signal: EnvironmentSignal) => void): () => void;
}
