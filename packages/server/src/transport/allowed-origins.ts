/** Origins say which pages may open a connection: those of the very host that they ask for, and those that are listed. */

/** A browser puts a foreign page's Origin on the handshake and lets it go on, cookies included. Nobody else would stop it. */
export class AllowedOrigins {
  readonly #listed: ReadonlySet<string>;
  /** The listed ones find this server under these names. */
  readonly #hosts: ReadonlySet<string>;

  /** It throws for what is no origin, since a wrong setting must not start. */
  constructor(listed: readonly string[]) {
    this.#listed = new Set(listed.map(normalOrigin));
    this.#hosts = new Set([...this.#listed].flatMap((origin) => hostOf(origin) ?? []));
  }

  /** It says what is wrong with the handshake, or returns null when it may go on. */
  refusalOf({ origin, host, hasCookie, onLoopback, overTls }: Whence): string | null {
    // A foreign name that was made to point here would make a foreign page this server's own (DNS rebinding).
    if (onLoopback && !this.#isNameOfLoopback(host)) return `${quoted(host)} is no name of this machine's loopback`;
    if (origin === undefined) return hasCookie ? "a cookie came without an Origin" : null;
    if (this.#listed.has(origin) || isSameHost(origin, host, overTls)) return null;
    return `the page is of ${quoted(origin)}, and the server is asked for as ${quoted(host)}`;
  }

  #isNameOfLoopback(host: string | undefined): boolean {
    const http = at("http:", host);
    if (http === null) return false;
    const https = at("https:", host);
    return LOOPBACK_NAME.test(http.hostname) || this.#hosts.has(http.host) || this.#hosts.has(https?.host ?? "");
  }
}

/** A handshake says this of where it comes from. */
export interface Whence {
  /** The headers are as they came. */
  readonly origin: string | undefined;
  readonly host: string | undefined;
  readonly hasCookie: boolean;
  /** It arrived at an address that this machine alone can reach. */
  readonly onLoopback: boolean;
  /** The server itself speaks TLS. */
  readonly overTls: boolean;
}

/** It is scheme and authority, as a browser writes them. A trailing slash may follow. */
const ORIGIN = /^([a-z][a-z0-9+.-]*:)\/\/[^\s/?#@*\\]+\/?$/i;
const HOST = /^[^\s/?#@\\]+$/;
const LOOPBACK_NAME = /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;
const LOOPBACK_ADDRESS = /^(::ffff:)?127\.|^::1$/i;

export function isLoopbackAddress(address: string | undefined): boolean {
  return address !== undefined && LOOPBACK_ADDRESS.test(address);
}

/** It returns an origin as a browser writes it, and throws for what is none. */
export function normalOrigin(text: string): string {
  const [, scheme] = ORIGIN.exec(text) ?? [];
  const isWebSocket = /^wss?:$/i.test(scheme ?? "");
  if (scheme !== undefined && !isWebSocket && URL.canParse(text)) {
    // With another scheme than http a browser writes the name by which an extension or an app is known.
    return /^https?:$/i.test(scheme) ? new URL(text).origin : text.replace(/\/$/, "").toLowerCase();
  }
  throw new Error(
    `${quoted(text)} is no origin: give scheme, host and port, as in https://fleet.example.org, no path and no pattern`,
  );
}

function hostOf(origin: string): string | null {
  return /^https?:/.test(origin) ? new URL(origin).host : null;
}

/** Both are read with the page's scheme, whose default port is said with neither of them. */
function isSameHost(origin: string, host: string | undefined, overTls: boolean): boolean {
  const [, scheme = ""] = ORIGIN.exec(origin) ?? [];
  if (scheme !== "https:" && (scheme !== "http:" || overTls)) return false;
  const page = URL.canParse(origin) ? new URL(origin) : null;
  return page?.origin === origin && page.host === at(scheme, host)?.host;
}

/** It returns the address that a `Host` header names, or null where it is none. */
function at(scheme: string, host: string | undefined): URL | null {
  const text = `${scheme}//${host}`;
  return host !== undefined && HOST.test(host) && URL.canParse(text) ? new URL(text) : null;
}

function quoted(text: string | undefined): string {
  return text === undefined ? "nothing" : JSON.stringify(text.slice(0, 200));
}
