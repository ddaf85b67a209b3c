/** A request comes from an address, which a trusted proxy may tell; limits and logs go by it (C9). */

import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";

/** It says from which address a request comes. */
export type ClientAddresses = Pick<TrustedProxies, "addressOf" | "isProxy">;

/**
 * The address is the socket's own, unless that is a proxy which the operator trusts. Then it is what the proxy wrote at the end of
 * `X-Forwarded-For`, and so on as long as that is a trusted proxy as well.
 */
export class TrustedProxies {
  readonly #trusted = new BlockList();
  readonly #isNone: boolean;

  /**
   * It takes addresses, and ranges such as `10.0.0.0/8`. It throws a plain error for what is neither: a wrong setting must not
   * start.
   */
  constructor(proxies: readonly string[]) {
    this.#isNone = proxies.length === 0;
    for (const proxy of proxies) this.#trust(proxy);
  }

  #trust(text: string): void {
    const [address = "", prefix, ...more] = text.split("/");
    const family = familyOf(address);
    const bits = prefix === undefined ? null : Number(prefix);
    const isRange = bits === null || (/^\d{1,3}$/.test(prefix ?? "") && bits <= (family === "ipv4" ? 32 : 128));
    if (family === null || !isRange || more.length > 0)
      throw new Error(`"${text}" is no address of a proxy: give one as in 10.0.0.1, or a range as in 10.0.0.0/8`);
    if (bits === null) this.#trusted.addAddress(address, family);
    else this.#trusted.addSubnet(address, bits, family);
  }

  addressOf(request: IncomingMessage): string {
    const peer = plain(request.socket.remoteAddress ?? "");
    if (this.#isNone || !this.#trusts(peer)) return peer;
    // Node joins repeated headers of this name by commas; the types allow for a list.
    const hops = String(request.headers["x-forwarded-for"] ?? "").split(",");
    let address = peer;
    for (const hop of hops.reverse()) {
      const next = plain(hop.trim());
      if (isIP(next) === 0) return address; // Text that is no address says nothing. The last one that spoke is taken.
      address = next;
      if (!this.#trusts(address)) return address;
    }
    return address;
  }

  /** True means that this peer is a proxy that the operator trusts. It brings the connections of many. */
  isProxy(peer: string): boolean {
    return !this.#isNone && this.#trusts(plain(peer));
  }

  #trusts(address: string): boolean {
    const family = familyOf(address);
    return family !== null && this.#trusted.check(address, family);
  }
}

function familyOf(address: string): "ipv4" | "ipv6" | null {
  const version = isIP(address);
  return version === 0 ? null : version === 4 ? "ipv4" : "ipv6";
}

/** A server that listens on `::` sees IPv4 peers as `::ffff:10.0.0.1`, and one address must not have two names. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "");
}
