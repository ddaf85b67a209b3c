/** A Node program keeps the cookies of its server as a browser does, and sends them with every request and every socket. */

import { type Environment, nodeEnvironment, type WebSocketClass } from "@neverstale/client";

export interface CookieEnvironment {
  readonly io: Environment;
  /** These are sent with every request: the origin, and the cookies once there are some; or the token. */
  readonly headers: Readonly<Record<string, string>>;
}

export function cookieEnvironment({ origin, WebSocket }: CookieOptions): CookieEnvironment {
  const headers: Record<string, string> = { origin };
  const kept = new Map<string, string>();
  const keep: typeof fetch = async (input, init) => {
    const answer = await fetch(input, init);
    for (const line of answer.headers.getSetCookie()) keepCookie(kept, line);
    if (kept.size > 0) headers.cookie = [...kept].map(([name, value]) => `${name}=${value}`).join("; ");
    else delete headers.cookie;
    return answer;
  };
  return { io: nodeEnvironment({ WebSocket, headers, fetch: keep }), headers };
}

/** A cookie takes the place of the one of its name, and of no other. One that is to live for no time is taken away. */
function keepCookie(kept: Map<string, string>, line: string): void {
  const [pair = "", ...attributes] = line.split(";");
  const at = pair.indexOf("=");
  if (at < 1) return;
  const name = pair.slice(0, at).trim();
  if (attributes.some((attribute) => /^\s*max-age\s*=\s*(0|-\d+)\s*$/i.test(attribute))) kept.delete(name);
  else kept.set(name, pair.slice(at + 1).trim());
}

export interface CookieOptions {
  /** The server knows its page by this origin, such as `https://fleet.example`. */
  readonly origin: string;
  /** This is the class of the package `ws`. */
  readonly WebSocket: WebSocketClass;
}
