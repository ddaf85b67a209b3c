import { normalOrigin } from "@neverstale/server";

/** The origins a browser may come from, exactly: scheme, host and port (C2). */
export class Origins {
  #allowed: ReadonlySet<string>;

  /** Throws a plain error for what is no origin: a wrong setting must not start. */
  constructor(allowed: readonly string[]) {
    this.#allowed = new Set(allowed.map(normalised));
  }

  /** Before the address is known nothing is allowed. */
  replace(allowed: readonly string[]): void {
    this.#allowed = new Set(allowed.map(normalised));
  }

  /** `origin` is the header as it came; missing, `null`, a prefix or a sub-domain of an allowed one are not allowed. */
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

export function addressOf(host: string, port: number): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** The address it listens on; for loopback under its other name too. */
export function ownOrigins(host: string, port: number): string[] {
  const own = addressOf(host, port);
  return isLoopback(host) ? [...new Set([own, `http://localhost:${port}`])] : [own];
}
