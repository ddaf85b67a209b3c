/** A proxy that has signed somebody in may name that user in a header. It is believed of a trusted proxy, and of nobody else. */

import type { IncomingMessage } from "node:http";
import { StartFailure } from "../../process/start-failure.ts";
import type { ClientAddresses } from "./client-address.ts";

/** Without the name of a header, nobody is believed. */
export class ProxyUsers {
  readonly #header: string | null;
  readonly #parts: ProxyUsersParts;
  #spoofed = 0;

  constructor(header: string | undefined, parts: ProxyUsersParts) {
    this.#header = header?.toLowerCase() ?? null;
    this.#parts = parts;
  }

  get metrics(): { readonly proxyUsersSpoofed: number } {
    return { proxyUsersSpoofed: this.#spoofed };
  }

  /** It says whom the other end of the connection names, and whether that is to be believed. */
  namedBy(request: IncomingMessage): NamedUser | null {
    const name = this.#header === null ? undefined : request.headers[this.#header];
    if (name === undefined) return null;
    const isBelieved = this.#isBelieved(request);
    if (!isBelieved) this.#spoofed += 1;
    return { name: String(name), isBelieved };
  }

  /** A node believes what another one forwards, so it forwards no name that it does not believe itself. */
  strip(request: IncomingMessage): void {
    const header = this.#header;
    if (header === null || this.#isBelieved(request)) return;
    const { rawHeaders } = request;
    for (let at = rawHeaders.length - 2; at >= 0; at -= 2)
      if (rawHeaders[at]?.toLowerCase() === header) rawHeaders.splice(at, 2);
  }

  #isBelieved(request: IncomingMessage): boolean {
    const { proxies, isForwarded } = this.#parts;
    return proxies.isProxy(request.socket.remoteAddress ?? "") || isForwarded(request);
  }
}

export interface ProxyUsersParts {
  readonly proxies: Pick<ClientAddresses, "isProxy">;
  /** True when another node has forwarded the request. */
  readonly isForwarded: (request: IncomingMessage) => boolean;
}

export interface NamedUser {
  readonly name: string;
  /** False means that anybody may have written it. */
  readonly isBelieved: boolean;
}

/** It throws for a setting by which anybody could sign in, or nobody. */
export function checkProxyUserHeader(header: string | undefined, trustedProxies: readonly string[]): void {
  if (header === undefined) return;
  if (!/^(?!user-agent$)[a-z0-9-]{0,40}user[a-z0-9-]{0,40}$/i.test(header))
    throw new StartFailure(
      `"${header}" is no header in which a proxy names a user`,
      "Give one such as X-Remote-User or X-Forwarded-User.",
    );
  if (trustedProxies.length === 0)
    throw new StartFailure(
      "a header that names users is believed of trusted proxies alone, and there is none",
      "Name the proxy with --trusted-proxy.",
    );
}
