/** The WebSocket transport opens sockets in the subprotocol of Neverstale, with the CSRF token where there is one. */

import {
  CLOSE,
  type ClientMessage,
  csrfSubprotocol,
  encodeMessage,
  SUBPROTOCOL,
  SyncError,
} from "@neverstale/protocol";
import type { ClientSocket, Environment } from "../../environment/environment.ts";
import type { CsrfTokens } from "../../requests/csrf.ts";
import type { ClientConnection, ConnectionEvents, ConnectionOpening, Transport } from "../transport.ts";
import { socketUrl } from "./socket-url.ts";

export interface WebSocketOptions {
  readonly io: Environment;
  /** It may be relative to the environment's own place, and an address of HTTP. */
  readonly url: string;
  /** Null means that the handshake needs no token. */
  readonly csrf: CsrfTokens | null;
}

export class WebSocketTransport implements Transport {
  readonly way = "websocket";
  readonly #options: WebSocketOptions;

  constructor(options: WebSocketOptions) {
    this.#options = options;
  }

  connect(opening: ConnectionOpening, events: ConnectionEvents): ClientConnection {
    const connection = new WebSocketConnection();
    const { csrf } = this.#options;
    if (csrf === null) connection.socket = this.#openSocket(opening, [SUBPROTOCOL], events);
    else this.#openWithToken(connection, csrf, opening, events);
    return connection;
  }

  /**
   * After a cut the token is mostly good still. A browser doesn't say why an attempt failed, so the next one asks for a
   * new token. One that is being fetched is asked for anew, because that answer may be lost.
   */
  #openWithToken(
    connection: WebSocketConnection,
    csrf: CsrfTokens,
    opening: ConnectionOpening,
    events: ConnectionEvents,
  ): void {
    csrf
      .get(opening.attempt > 1 || csrf.isPending)
      .then((token) => {
        if (connection.isClosed) return;
        const protocols = token === null ? [SUBPROTOCOL] : [SUBPROTOCOL, csrfSubprotocol(token)];
        connection.socket = this.#openSocket(opening, protocols, events);
      })
      .catch((error: unknown) => events.closed(closeCodeFor(error)));
  }

  #openSocket(opening: ConnectionOpening, protocols: readonly string[], events: ConnectionEvents): ClientSocket {
    const { io, url } = this.#options;
    return io.openSocket(socketUrl(url, io.baseUrl, opening), protocols, events);
  }
}

/** It has no socket as long as its token is being fetched. */
class WebSocketConnection implements ClientConnection {
  socket: ClientSocket | null = null;
  isClosed = false;

  send(message: ClientMessage): void {
    this.socket?.send(encodeMessage(message));
  }

  close(code: number): void {
    this.isClosed = true;
    this.socket?.close(code);
  }
}

function closeCodeFor(error: unknown): number {
  return error instanceof SyncError && error.code === "not_signed_in" ? CLOSE.notSignedIn : CONNECTION_LOST;
}

const CONNECTION_LOST = 1006;
