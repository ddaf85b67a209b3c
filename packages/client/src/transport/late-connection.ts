/** Where something has to be read before a connection, the connection is opened when it has been. */

import type { ClientConnection, ConnectionOpening, Transport, TransportEvents } from "./transport.ts";

/** `reading` returns what has to be waited for. Null: nothing has to be. With `lines`, those that are known then are named. */
export function afterReading(
  transport: Transport,
  reading: () => Promise<void> | null,
  lines?: () => readonly string[],
): Transport {
  return {
    connect(opening, events) {
      const isRead = reading();
      if (isRead === null) return transport.connect(opening, events);
      return new LateConnection(transport, () => ({ ...opening, lines: lines?.() ?? opening.lines }), events, isRead);
    },
    get way() {
      return transport.way ?? null;
    },
    get sharing() {
      return transport.sharing ?? null;
    },
    online: () => transport.online?.(),
  };
}

class LateConnection implements ClientConnection {
  #connection: ClientConnection | null = null;
  #isClosed = false;

  constructor(transport: Transport, opens: () => ConnectionOpening, events: TransportEvents, isRead: Promise<void>) {
    isRead.then(() => {
      if (this.#isClosed) return;
      try {
        const opening = opens();
        // What has been shown meanwhile is where the connection begins. One that asked for nothing before is not to resume.
        this.#connection = transport.connect({ ...opening, resume: opening.resume ?? opening.position() }, events);
      } catch {
        events.closed(CONNECTION_LOST);
      }
    });
  }

  send(...[message]: Parameters<ClientConnection["send"]>): void {
    this.#connection?.send(message);
  }

  close(code: number): void {
    this.#isClosed = true;
    this.#connection?.close(code);
  }
}

const CONNECTION_LOST = 1006;
