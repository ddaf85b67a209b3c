/** The open WebSockets of an endpoint: they are upgraded here, hand on what comes in, and end here. */

import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { MAX_CLIENT_FRAME_BYTES, SUBPROTOCOL } from "@neverstale/protocol";
import { type ServerOptions, type WebSocket, WebSocketServer } from "ws";
import type { Cursor } from "../../../followers/cursor.ts";
import type { SyncMetrics } from "../../../followers/sync-metrics.ts";

export class Sockets {
  readonly #server = new WebSocketServer(SOCKET_OPTIONS);
  readonly #open = new Map<WebSocket, Peer>();
  readonly #events: SocketEvents;
  readonly #onMessage: (this: WebSocket, data: Buffer, isBinary: boolean) => void;
  readonly #onClose: (this: WebSocket) => void;
  readonly #onError: (this: WebSocket, error: Error) => void;

  constructor(events: SocketEvents, metrics: SyncMetrics) {
    this.#events = events;
    const open = this.#open;
    // These are shared by all sockets: a closure for each would cost more than the rest of a connection.
    this.#onMessage = function (data, isBinary) {
      const cursor = open.get(this)?.cursor ?? null;
      if (cursor !== null) events.received(cursor, data, isBinary);
    };
    this.#onClose = function () {
      const peer = open.get(this);
      if (peer === undefined) return;
      open.delete(this);
      events.closed(peer);
    };
    this.#onError = function (error) {
      countBadFrame(metrics, error);
      terminateSoon(this, DISCARD_MS);
    };
  }

  get count(): number {
    return this.#open.size;
  }

  /** Makes a WebSocket of an upgrade and hands it to `begin`, unless its socket is gone. */
  upgrade(
    { request, socket, head }: Upgrade,
    address: string,
    begin: (webSocket: WebSocket, peer: Peer) => void,
  ): void {
    if (socket.destroyed) return;
    // The answer to the upgrade and the first messages are one write.
    socket.cork();
    try {
      this.#server.handleUpgrade(request, socket, head, (webSocket) => {
        const peer: Peer = { address, cursor: null, follower: null, leave: () => {} };
        this.#open.set(webSocket, peer);
        this.#events.opened(peer);
        webSocket.on("error", this.#onError);
        webSocket.on("close", this.#onClose);
        begin(webSocket, peer);
      });
    } finally {
      socket.uncork();
    }
  }

  /** From here on the cursor of the socket's peer is told of what comes in. */
  listen(webSocket: WebSocket): void {
    webSocket.on("message", this.#onMessage);
  }

  /** Resolves when all sockets are closed, after a second at most; the goodbyes have been sent by then. */
  async end(): Promise<void> {
    const closed = [...this.#open.keys()].map(
      (webSocket) => new Promise((resolve) => webSocket.once("close", resolve)),
    );
    const timeout = setTimeout(() => this.#terminateAll(), GOODBYE_MS);
    await Promise.all(closed);
    clearTimeout(timeout);
  }

  #terminateAll(): void {
    for (const webSocket of this.#open.keys()) webSocket.terminate();
  }
}

/** An upgrade as Node hands it over. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Somebody follows a space over a connection. */
export interface PresentFollower {
  /** `authorize` gave it. */
  readonly subject: unknown;
  readonly space: string;
  /** Limits go by this address. */
  readonly address: string;
}

/** A peer is what is known of an open socket. */
export interface Peer {
  readonly address: string;
  /** It is null when the peer follows nothing. */
  cursor: Cursor | null;
  /** The owner was told of it so. Null: it does not follow, or nobody is told. */
  follower: PresentFollower | null;
  /** It waits no more to follow something. */
  leave: () => void;
}

/** It is told what happens to the sockets. */
export interface SocketEvents {
  opened(peer: Peer): void;
  received(cursor: Cursor, data: Buffer, isBinary: boolean): void;
  closed(peer: Peer): void;
}

/**
 * A socket that was closed may take so long to read what is on its way, since a slow reader must come to the code that says
 * why. If it were ended earlier, its next ack would be answered by a reset, which takes the unread bytes with it.
 */
const CLOSE_TIMEOUT_MS = 120_000;
/**
 * A socket that broke the rules of RFC 6455 may go on sending so long, though nobody looks at it. If it were ended at once, its
 * unread bytes would be answered by a reset, which takes the close frame that says why with it.
 */
const DISCARD_MS = 2_000;
/** Sockets get so long to say goodbye when the server ends. */
const GOODBYE_MS = 1_000;

/** These errors of `ws` end in 1009. */
const TOO_LARGE: ReadonlySet<unknown> = new Set([
  "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH",
  "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH",
]);

/** `closeTimeout` is known to `ws` since 8.19, not to its types. */
const SOCKET_OPTIONS: ServerOptions & { readonly closeTimeout: number } = {
  noServer: true,
  clientTracking: false,
  maxPayload: MAX_CLIENT_FRAME_BYTES,
  // A message of a replica is one small frame. In crumbs it would cost many times its bytes.
  maxFragments: 64,
  maxBufferedChunks: 1_024,
  perMessageDeflate: false,
  closeTimeout: CLOSE_TIMEOUT_MS,
  handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
};

/** `ws` has sent the close frame by then, and reads without looking until the peer has ended too. */
export function terminateSoon(webSocket: WebSocket, afterMs: number): void {
  const timer = setTimeout(() => webSocket.terminate(), afterMs).unref();
  webSocket.once("close", () => clearTimeout(timer));
}

/** `ws` says by a code what was wrong with a frame. */
function countBadFrame(metrics: SyncMetrics, error: Error): void {
  if ("code" in error && TOO_LARGE.has(error.code)) metrics.oversizedFrames += 1;
  else metrics.brokenFrames += 1;
}
