/** An agent shows its credential, which says for which host it speaks. */

import { hashOf } from "../../accounts/io/secrets.ts";
import { accountsIn, type FleetManager } from "../../fleet/state.ts";
import type { RequestHeaders } from "../../http/route.ts";

export class Credentials {
  readonly #manager: FleetManager;

  constructor(manager: FleetManager) {
    this.#manager = manager;
  }

  /** It returns the host whose credential is shown and good, or null. Cookies mean nothing here. */
  hostOf({ authorization }: RequestHeaders): string | null {
    const shown = /^Bearer ([\w-]{20,200})$/.exec(authorization ?? "")?.[1];
    const credential = shown === undefined ? undefined : this.find(shown);
    const isGood = credential !== undefined && credential.revoked !== true;
    return isGood && this.#manager.state.hosts.has(credential.host) ? credential.host : null;
  }

  /** It returns what is stored of a credential, also of a revoked one. */
  find(secret: string) {
    return accountsIn(this.#manager)?.agentCredentials.get(hashOf(secret));
  }
}
