/** Requests of a replica go over a `fetch`. */

import type { HttpAnswer, HttpRequest } from "../environment.ts";

/** Returns an `Environment.request`. The headers go with every request, such as a bearer credential. */
export function requestWith(fetchIt: typeof fetch, headers: Readonly<Record<string, string>> = {}) {
  return async (request: HttpRequest): Promise<HttpAnswer> => {
    const timeout = AbortSignal.timeout(Math.ceil(request.timeoutMs));
    const answer = await fetchIt(request.url, {
      method: request.method,
      headers: { ...headers, ...request.headers },
      body: request.body,
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
      signal: request.signal === null ? timeout : AbortSignal.any([timeout, request.signal]),
    });
    return { status: answer.status, retryAfter: answer.headers.get("Retry-After"), text: await answer.text() };
  };
}
