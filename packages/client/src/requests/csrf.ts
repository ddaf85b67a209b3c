/** The CSRF token belongs to the session: it is asked for once, kept, and asked for again when it was refused. */

import type { Millis } from "@neverstale/base";
import { isJsonObject, SyncError } from "@neverstale/protocol";
import type { Environment } from "../environment/environment.ts";

/** It gives the token of the session. `refresh` says that the last one was refused, or may be out of date. */
export type CsrfSource = (request: { readonly refresh: boolean }) => string | Promise<string>;

export class CsrfTokens {
  readonly #source: CsrfSource | null;
  #token: Promise<string> | null = null;
  #pending: Promise<string> | null = null;

  /** A source of null means that no token is needed, because there are bearer credentials. */
  constructor(source: CsrfSource | null) {
    this.#source = source;
  }

  /** Resolves with null where no token is needed. It rejects as the source does, and does not keep that. */
  async get(refresh: boolean): Promise<string | null> {
    if (this.#source === null) return null;
    if (refresh || this.#token === null) this.#token = this.#ask(this.#source, refresh);
    return this.#token;
  }

  /** The next session has another one. */
  forget(): void {
    this.#token = null;
    this.#pending = null;
  }

  /** It is true as long as the token that was asked for last has not come. */
  get isPending(): boolean {
    return this.#pending !== null;
  }

  #ask(source: CsrfSource, refresh: boolean): Promise<string> {
    const token = (async () => source({ refresh }))();
    this.#pending = token;
    const settled = (): void => {
      if (this.#pending === token) this.#pending = null;
    };
    token.then(settled, () => {
      settled();
      if (this.#token === token) this.#token = null;
    });
    return token;
  }
}

/** One attempt waits so long for its answer. */
export const ATTEMPT_TIMEOUT_MS: Millis = 10_000;

/** The token is the `csrfToken` of what this address answers. A 401 says that there is no session. */
export function csrfFrom(io: Environment, url: string): CsrfSource {
  return async () => {
    const answer = await io.request({
      method: "GET",
      url,
      headers: {},
      body: null,
      timeoutMs: ATTEMPT_TIMEOUT_MS,
      signal: null,
    });
    if (answer.status === 401) throw new SyncError("not_signed_in", "no session", { hint: "Sign in." });
    const session: unknown = answer.status === 200 ? JSON.parse(answer.text) : null;
    if (isJsonObject(session) && typeof session.csrfToken === "string") return session.csrfToken;
    throw new SyncError("unreachable", `no token came with ${answer.status}`);
  };
}
