/** A page loads the fallback when it may need it: after the first message, or when a WebSocket has failed (rule H9). */

import type { Millis } from "@neverstale/base";
import type { Environment } from "../environment/environment.ts";
import type { CsrfTokens } from "../requests/csrf.ts";
import { isWordOfAuthority, type MakeFallback, SILENT_MS } from "./fallback.ts";
import type { ClientConnection, ConnectionOpening, Transport, TransportEvents } from "./transport.ts";
import { webSocketTransport } from "./websocket/web-socket-transport.ts";

/** Returns the way to the authority: with the fallback, where the environment has one. */
export function transportOf(io: Environment, url: string, csrf: CsrfTokens | null): Transport {
  const webSocket = webSocketTransport(io, url, csrf);
  if (io.fallback !== undefined) return io.fallback({ io, url, webSocket, failures: 0, hasPassed: false });
  return io.loadFallback === undefined ? webSocket : loadingTransport(io, url, webSocket);
}

function loadingTransport(io: Environment, url: string, webSocket: Transport): Transport {
  let make: MakeFallback | null = null;
  let fallback: Transport | null = null;
  let failures = 0;
  let hasPassed = false;

  /** It calls `then` when the fallback is there, could not be loaded, or takes too long. With the next connection it is tried again. */
  function load(then: () => void): void {
    if (make !== null) return then();
    let isOver = false;
    const over = (): void => {
      timer.cancel();
      if (!isOver) then();
      isOver = true;
    };
    const timer = io.after(LONGEST_WAIT_MS, over);
    io.loadFallback?.()
      .then((loaded) => {
        make = loaded;
      })
      .then(over, over);
  }

  function connectWebSocket(opening: ConnectionOpening, events: TransportEvents): ClientConnection {
    const openedAt = io.now();
    /** It has brought a message, has failed, or was left. */
    let isJudged = false;
    let isLeft = false;
    const failed = (then: () => void): void => {
      isJudged = true;
      failures += 1;
      load(then);
    };
    const connection = webSocket.connect(opening, {
      ...events,
      received: (frame, said) => {
        // When it is needed, its file may be out of reach, or gone with the release that this page is of.
        if (!isJudged) load(() => {});
        isJudged = hasPassed = true;
        failures = 0;
        events.received(frame, said);
      },
      closed: (code) => {
        if (isJudged || isWordOfAuthority(code)) events.closed(code);
        // The next attempt has the fallback then, so that a network without WebSocket costs one backoff (promise P2).
        else failed(() => !isLeft && events.closed(code));
      },
    });
    return {
      send: (message) => connection.send(message),
      close: (code) => {
        if (!isJudged && io.now() - openedAt >= SILENT_MS) failed(() => {});
        isJudged = isLeft = true;
        connection.close(code);
      },
    };
  }

  return {
    get way() {
      return fallback?.way ?? "websocket";
    },
    online: () => {
      failures = 0;
      hasPassed = false;
      fallback?.online?.();
    },
    connect: (opening, events) => {
      fallback ??= make?.({ io, url, webSocket, failures, hasPassed }) ?? null;
      return fallback?.connect(opening, events) ?? connectWebSocket(opening, events);
    },
  };
}

const LONGEST_WAIT_MS: Millis = 2_000;
