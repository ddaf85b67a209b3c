/** Proofs are what a replica shows of its view and its position: only the authority can make them (rules V14 and V15). */

import type { GrantedView } from "@neverstale/protocol";

/** It authenticates a text under a secret: 128 bits, as text. */
export type Authenticate = (secret: string, text: string) => string;

/** They are made under the secret of the store, so that every node makes the same. */
export class Proofs {
  readonly #secret: string;
  readonly #authenticate: Authenticate;
  /** Views are made anew for each connection, and most of them show the same. */
  readonly #ids = new Map<string, string>();
  #newest = { of: "", ticket: "" };

  constructor(secret: string, authenticate: Authenticate) {
    this.#secret = secret;
    this.#authenticate = authenticate;
  }

  /** Views that show the same have the same id. */
  idOf({ text }: GrantedView): string {
    let id = this.#ids.get(text);
    if (id === undefined) {
      id = this.#authenticate(this.#secret, `view ${text}`);
      if (this.#ids.size >= IDS_KEPT) this.#ids.clear();
      this.#ids.set(text, id);
    }
    return id;
  }

  /** It proves that its bearer was given the state of a view at a version. */
  ticket(epoch: string, creationId: string, viewId: string, version: number): string {
    const of = JSON.stringify([epoch, creationId, viewId, version]);
    if (this.#newest.of !== of) this.#newest = { of, ticket: this.#authenticate(this.#secret, `ticket ${of}`) };
    return this.#newest.ticket;
  }
}

const IDS_KEPT = 20_000;

/** It takes as long wherever the two differ. */
export function isSameText(a: string, b: string): boolean {
  let differs = a.length ^ b.length;
  for (let at = 0; at < b.length; at += 1) differs |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return differs === 0;
}
