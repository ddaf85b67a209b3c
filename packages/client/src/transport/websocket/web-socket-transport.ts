/** The WebSocket transport opens sockets in the subprotocol of Neverstale, with the CSRF token where there is one. */

import { CLOSE, csrfSubprotocol, SUBPROTOCOL, SyncError } from "@neverstale/protocol";
import type { ClientSocket, Environment } from "../../environment/environment.ts";
import type { CsrfTokens } from "../../requests/csrf.ts";
import type { Transport } from "../transport.ts";
import { socketUrl } from "./socket-url.ts";

/** The address may be relative to the environment's own place, and one of HTTP. Without `csrf`, the handshake needs no token. */
export function webSocketTransport(io: Environment, url: string, csrf: CsrfTokens | null): Transport {
  return {
    way: "websocket",
    connect: (opening, events) => {
      /** There is none as long as the token is being fetched. */
      let socket: ClientSocket | null = null;
      let isClosed = false;
      const open = (token: string | null): void => {
        const protocols = token === null ? [SUBPROTOCOL] : [SUBPROTOCOL, csrfSubprotocol(token)];
        if (!isClosed) socket = io.openSocket(socketUrl(url, io.baseUrl, opening), protocols, events);
      };
      if (csrf === null) open(null);
      else {
        // After a cut the token is mostly good still. A browser doesn't say why an attempt failed, so the next one asks for a
        // new token. One that is being fetched is asked for anew, because that answer may be lost.
        csrf
          .get(opening.attempt > 1 || csrf.isPending)
          .then(open)
          .catch((error: unknown) => events.closed(closeCodeFor(error)));
      }
      return {
        send: (message) => socket?.send(JSON.stringify(message)),
        close: (code) => {
          isClosed = true;
          socket?.close(code);
        },
      };
    },
  };
}

function closeCodeFor(error: unknown): number {
  return error instanceof SyncError && error.code === "not_signed_in" ? CLOSE.notSignedIn : CONNECTION_LOST;
}

const CONNECTION_LOST = 1006;
