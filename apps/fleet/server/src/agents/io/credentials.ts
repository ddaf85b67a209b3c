/** An agent's credential is looked up here: which host it is for. */

import { hashOf } from "../../accounts/io/secrets.ts";
import { accountsIn, type FleetManager } from "../../fleet/state.ts";
import type { RequestHeaders } from "../../http/route.ts";

export class Credentials {
  readonly #manager: FleetManager;

  constructor(manager: FleetManager) {
    this.#manager = manager;
  }

  /** The host whose credential is shown and good, if one is. Cookies mean nothing here. */
  hostOf({ authorization }: RequestHeaders): string | null {
    const shown = /^Bearer ([\w-]{20,200})$/.exec(authorization ?? "")?.[1];
    const credential = shown === undefined ? undefined : this.find(shown);
    const isGood = credential !== undefined && credential.revoked !== true;
    return isGood && this.#manager.state.hosts.has(credential.host) ? credential.host : null;
  }

  /** What is stored of a credential, of a revoked one as well. */
  find(secret: string) {
    return accountsIn(this.#manager)?.agentCredentials.get(hashOf(secret));
  }
}
