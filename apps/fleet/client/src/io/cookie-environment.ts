/** A Node program keeps the cookie of its session as a browser does, and sends it with every request and every socket. */

import { type Environment, nodeEnvironment, type WebSocketClass } from "@neverstale/client";

export interface CookieEnvironment {
  readonly io: Environment;
  /** These are sent with every request: the origin, and the cookie once there is one. */
  readonly headers: Readonly<Record<string, string>>;
}

export function cookieEnvironment({ origin, WebSocket }: CookieOptions): CookieEnvironment {
  const headers: Record<string, string> = { origin };
  const keep: typeof fetch = async (input, init) => {
    const answer = await fetch(input, init);
    const cookies = answer.headers.getSetCookie().map((line) => line.split(";", 1)[0] ?? "");
    if (cookies.length > 0) headers.cookie = cookies.join("; ");
    return answer;
  };
  return { io: nodeEnvironment({ WebSocket, headers, fetch: keep }), headers };
}

export interface CookieOptions {
  /** The server knows its page by this origin, such as `https://fleet.example`. */
  readonly origin: string;
  /** This is the class of the package `ws`. */
  readonly WebSocket: WebSocketClass;
}
