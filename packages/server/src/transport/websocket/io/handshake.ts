/** A handshake is the http request that asks for a WebSocket (RFC 6455); it is read into an attempt to connect. */

import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { csrfTokenIn, isCsrfSubprotocol, SUBPROTOCOL } from "@neverstale/protocol";
import { isLoopbackAddress } from "../../allowed-origins.ts";
import type { Attempt, Spoken } from "../../attempt.ts";
import type { Refusal } from "../../refusal.ts";

export function attemptOf(request: IncomingMessage, url: URL, address: string): Attempt {
  const { headers, socket } = request;
  const whence = {
    origin: headers.origin,
    host: headers.host,
    hasCookie: headers.cookie !== undefined,
    onLoopback: isLoopbackAddress(socket.localAddress),
    overTls: (socket as TLSSocket).encrypted === true,
  };
  return { url, address, whence, spoken: spokenIn(request) };
}

/** It returns null for what is no address. */
export function urlOf(request: IncomingMessage): URL | null {
  try {
    return new URL(request.url ?? "", "http://localhost");
  } catch {
    return null;
  }
}

/** Profile and token are said by the subprotocols that are asked for. */
function spokenIn(request: IncomingMessage): Spoken | Refusal {
  const header = request.headers["sec-websocket-protocol"] ?? "";
  const offered = header.split(",").flatMap((name) => (name.trim() === "" ? [] : [name.trim()]));
  const isPlain = !offered.includes(SUBPROTOCOL);
  if (isPlain && !offered.every(isCsrfSubprotocol)) return UNKNOWN_PROTOCOL;
  return { profile: isPlain ? "plain" : "v1", csrf: csrfTokenIn(offered) };
}

export const CSRF_HINT = `Ask for the subprotocols ${SUBPROTOCOL} and csrf.<token>, with the token of the session that the cookie is of.`;

const UNKNOWN_PROTOCOL: Refusal = {
  refuse: 400,
  code: "bad_message",
  message: `the subprotocol is none of this server's: ask for ${SUBPROTOCOL}, or for none`,
};
