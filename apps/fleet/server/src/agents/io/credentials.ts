/** An agent shows its credential, which says for which host it speaks. */

import { hashOf } from "../../accounts/io/secrets.ts";
import { accountsIn, type FleetManager } from "../../fleet/state.ts";
import type { RequestHeaders } from "../../http/route.ts";
import { isExpired } from "../rotation.ts";

export class Credentials {
  readonly #manager: FleetManager;
  readonly #now: () => number;
  /** An old credential was shown for these hosts. */
  readonly #replayed = new Set<string>();
  #replays = 0;

  constructor(manager: FleetManager, now: () => number) {
    this.#manager = manager;
    this.#now = now;
  }

  /** It returns the host whose credential is shown and good, or null. Cookies mean nothing here. */
  hostOf(headers: RequestHeaders): string | null {
    const shown = shownIn(headers);
    const credential = shown === null ? undefined : this.find(shown);
    if (credential === undefined || !this.#manager.state.hosts.has(credential.host)) return null;
    if (credential.revoked === true || isExpired(credential, new Date(this.#now()).toISOString())) return null;
    return credential.host;
  }

  /** A credential was refused. When it was this host's before it took another one, somebody else has it, too. */
  noteRefused(headers: RequestHeaders): void {
    const shown = shownIn(headers);
    const credential = shown === null ? undefined : this.find(shown);
    const host = credential?.revoked === true ? this.#manager.state.hosts.get(credential.host) : undefined;
    // A host of this name that was there before, and was removed, had it: that says nothing of the one that is there now.
    if (credential === undefined || host === undefined || credential.createdAt < host.enrolledAt) return;
    this.#replays += 1;
    this.#replayed.add(credential.host);
  }

  /** It returns the hosts of which an old credential was shown since it was asked last. */
  takeReplayed(): readonly string[] {
    const hosts = [...this.#replayed];
    this.#replayed.clear();
    return hosts;
  }

  /** It returns what is stored of a credential, also of a revoked one. */
  find(secret: string) {
    return accountsIn(this.#manager)?.agentCredentials.get(hashOf(secret));
  }

  get metrics(): { readonly [name: string]: number } {
    return { agentCredentialsReplayed: this.#replays };
  }
}

/** It returns the secret that a request shows. */
export function shownIn({ authorization }: RequestHeaders): string | null {
  return /^Bearer ([\w-]{20,200})$/.exec(authorization ?? "")?.[1] ?? null;
}
