/** A browser may come from these origins and from no other: scheme, host and port count (C2). */

import { normalOrigin } from "@neverstale/server";

export class Origins {
  #allowed: ReadonlySet<string>;

  /** It throws a plain error for what is no origin: a wrong setting must not start. */
  constructor(allowed: readonly string[]) {
    this.#allowed = new Set(allowed.map(normalised));
  }

  /** From now on these are allowed. Before the server's address is known, nothing is. */
  replace(allowed: readonly string[]): void {
    this.#allowed = new Set(allowed.map(normalised));
  }

  /**
   * `origin` is the header as it came. A missing one is not allowed, nor `null`, nor a prefix or a sub-domain of an allowed one.
   */
  allows(origin: string | undefined): boolean {
    return origin !== undefined && this.#allowed.has(origin);
  }

  get schemes(): ReadonlySet<string> {
    return new Set([...this.#allowed].map((origin) => new URL(origin).protocol));
  }

  get all(): readonly string[] {
    return [...this.#allowed];
  }
}

/** Pages of a dashboard come over http, whatever else an origin may be. */
function normalised(text: string): string {
  const origin = normalOrigin(text);
  if (/^https?:/.test(origin)) return origin;
  throw new Error(`"${text}" is no origin of a page: it begins with http:// or https://`);
}

const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "::1"]);

export function isLoopback(host: string): boolean {
  return LOOPBACK.has(host);
}

export function addressOf(scheme: "http" | "https", host: string, port: number): string {
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** It returns the address that the server listens on, and for loopback the one under its other name too. */
export function ownOrigins(scheme: "http" | "https", host: string, port: number): string[] {
  const own = addressOf(scheme, host, port);
  return isLoopback(host) ? [...new Set([own, addressOf(scheme, "localhost", port)])] : [own];
}
