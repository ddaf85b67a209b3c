/** This environment is for a Node program with credentials of its own. It imports no Node module: what it needs is handed in. */

import { fallbackOver } from "../../transport/fallback-transport.ts";
import { refusalsAsCodes } from "../../transport/websocket/io/refusals.ts";
import { adoptSocket, type WebSocketLike } from "../../transport/websocket/io/socket.ts";
import type { Environment } from "../environment.ts";
import { browserEnvironment } from "./browser.ts";
import { requestWith } from "./http.ts";
import { openHttpWith } from "./http-answers.ts";

export function nodeEnvironment({
  WebSocket,
  headers = {},
  fetch: fetchIt = fetch,
}: NodeEnvironmentOptions): Environment {
  return {
    ...browserEnvironment(),
    baseUrl: null,
    openSocket: (url, protocols, events) => {
      const socket = new WebSocket(url, [...protocols], { headers, perMessageDeflate: false });
      return adoptSocket(socket, refusalsAsCodes(socket, events));
    },
    fallback: fallbackOver(openHttpWith(fetchIt, headers)),
    request: requestWith(fetchIt, headers),
  };
}

export interface NodeEnvironmentOptions {
  readonly WebSocket: WebSocketClass;
  /** They are sent with every socket and every request, as they are at that moment. `Authorization: Bearer ...` is one. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly fetch?: typeof fetch;
}

/** This is a WebSocket class that takes headers, as the package `ws` has it. */
export type WebSocketClass = new (
  url: string,
  protocols: string[],
  options: { readonly headers: Readonly<Record<string, string>>; readonly perMessageDeflate: boolean },
) => WebSocketLike;
