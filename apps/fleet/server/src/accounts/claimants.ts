/** Claimants are those who try to sign in, as limits tell them apart: a device that has signed in before, or an address. */

import { addressGroup } from "../http/address-group.ts";
import type { RequestHeaders, RequestSource } from "../http/route.ts";
import { Acquainted } from "./acquainted.ts";
import type { Cookies } from "./cookies.ts";
import type { Claimant } from "./fair-queue.ts";
import type { Device, ServerKey } from "./io/server-key.ts";

export class Claimants {
  readonly #cookies: Cookies;
  readonly #key: ServerKey;
  readonly #acquainted = new Acquainted();

  constructor(cookies: Cookies, key: ServerKey) {
    this.#cookies = cookies;
    this.#key = key;
  }

  get metrics(): { readonly knownAddresses: number } {
    return { knownAddresses: this.#acquainted.size };
  }

  /** A device that signed in before (as `user`, where one is named) counts by itself; anybody else counts by the address. */
  of({ headers, address }: Pick<RequestSource, "headers" | "address">, user: string | null = null): Claimant {
    const device = this.deviceIn(headers);
    if (device !== null && (user === null || device.user === user)) return { key: `device ${device.id}`, known: true };
    const key = addressGroup(address);
    return { key, known: this.#acquainted.has(key) };
  }

  /** It returns the device that a cookie names. The cookie is of the kind that the caller's own origin can have. */
  deviceIn(headers: RequestHeaders): Device | null {
    for (const value of this.#cookies.devices(headers)) {
      const device = this.#key.deviceOf(value);
      if (device !== null) return device;
    }
    return null;
  }

  /** It remembers that somebody has signed in from there. */
  welcome({ address }: Pick<RequestSource, "address">): void {
    this.#acquainted.add(addressGroup(address));
  }
}
