/** A transport opens connections to the authority, which give frames and take messages. WebSocket is one. */

import type { ClientMessage, Position } from "@neverstale/protocol";

export interface Transport {
  /**
   * Opens a connection. It calls none of `events` before it has returned, and it throws where not even an attempt can be
   * made, such as at an address that is none.
   */
  connect(opening: ConnectionOpening, events: ConnectionEvents): ClientConnection;
}

export interface ConnectionOpening {
  /** The replica has the state at this position and asks to go on from there (rule E2). Null asks for a full state. */
  readonly resume: Position | null;
  /** Above 1, an attempt has failed already: credentials may be out of date. */
  readonly attempt: number;
}

export interface ConnectionEvents {
  opened(): void;
  /** A frame is a text, or bytes of its own: a text in gzip (rule R10), or a part of one (rule M9). */
  received(frame: string | Uint8Array): void;
  /** It is called once, and nothing comes after it. The code is one of rule M7, or 1006 for one that was cut off or never opened. */
  closed(code: number): void;
}

export interface ClientConnection {
  /** Nothing happens on a connection that is not open. */
  send(message: ClientMessage): void;
  close(code: number): void;
}
