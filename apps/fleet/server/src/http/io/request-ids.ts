/** Each request has an id, by which whoever was refused is found in the log. */

import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { ClientAddresses } from "./client-address.ts";

export const REQUEST_ID_HEADER = "x-request-id";

export class RequestIds {
  readonly #proxies: Pick<ClientAddresses, "isProxy">;
  readonly #ids = new WeakMap<IncomingMessage, string>();

  constructor(proxies: Pick<ClientAddresses, "isProxy">) {
    this.#proxies = proxies;
  }

  /** A trusted proxy may give the id that its own log has. Nobody else may choose what stands in a log. */
  of(request: IncomingMessage): string {
    const known = this.#ids.get(request);
    if (known !== undefined) return known;
    const given = String(request.headers[REQUEST_ID_HEADER] ?? "");
    const isGiven = this.#proxies.isProxy(request.socket.remoteAddress ?? "") && ID.test(given);
    const id = isGiven ? given : randomUUID();
    this.#ids.set(request, id);
    return id;
  }
}

/** It is a relative reference, so that it may be the `instance` of a problem. */
const ID = /^[\w.-]{1,100}$/;
