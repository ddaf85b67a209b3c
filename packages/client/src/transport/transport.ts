/** A transport opens connections to the authority, which give frames and take messages. WebSocket is one. */

import type { Millis } from "@neverstale/base";
import type { ClientMessage, PartProgress, Position } from "@neverstale/protocol";

export interface Transport {
  /**
   * Opens a connection. It calls none of `events` before it has returned, and it throws where not even an attempt can be
   * made, such as at an address that is none.
   */
  connect(opening: ConnectionOpening, events: TransportEvents): ClientConnection;
  /** This way is in use, or is being tried. Null stands for one that has no name. */
  readonly way?: SyncWay | null;
  /** Null means that nothing is shared with other tabs, or not known yet who leads. */
  readonly sharing?: TabRole | null;
  /** It is called when the environment says that there is a network again, perhaps another one. */
  online?(): void;
}

/** A replica follows over a WebSocket, or over HTTP: by a stream of events, or by one poll after the other (rule H9). */
export type SyncWay = "websocket" | "stream" | "poll";

/** One of the tabs that share a connection leads, and has it. The others follow that one (rule X5). */
export type TabRole = "leads" | "follows";

export interface ConnectionOpening {
  /** The replica has the state at this position and asks to go on from there (rule E2). Null asks for a full state. */
  readonly resume: Position | null;
  /** Above 1, an attempt has failed already: credentials may be out of date. */
  readonly attempt: number;
  /** The lines of mutations of this page (rule U11). */
  readonly lines: readonly string[];
  /** Returns where the replica stands now. */
  readonly position: () => Position | null;
  /** Frames that were handed over may wait. It returns false where none does, and otherwise calls `run` when they have been taken in. */
  readonly whenTaken?: (run: () => void) => boolean;
}

export interface ConnectionEvents {
  opened(): void;
  /** A frame is a text, or bytes of its own: a text in gzip (rule R10), or a part of one (rule M9). */
  received(frame: string | Uint8Array): void;
  /** It is called once, and nothing comes after it. The code is one of rule M7, or 1006 for one that was cut off or never opened. */
  closed(code: number): void;
}

/** A transport tells more than a socket does where it knows more. */
export interface TransportEvents extends ConnectionEvents {
  /** Without `said`, the frame was sent just now. */
  received(frame: string | Uint8Array, said?: Said): void;
  /** So much of a large message has come (rule M9), by a piece of so many bytes. */
  loading(progress: PartProgress, sizeBytes: number): void;
}

/** It tells how long ago a frame was written, as far as is known (rule H6). */
export interface Said {
  readonly atLeastMs: Millis;
  readonly atMostMs: Millis;
  /**
   * The authority's clock said this when the last message was written that came with it, for which it has waited. Null: another
   * message tells that. By default its own time counts.
   */
  readonly toldAt?: number | null;
  /** The message was told of as it came. The default is false. */
  readonly fromParts?: boolean;
}

export interface ClientConnection {
  /** Nothing happens on a connection that is not open. */
  send(message: ClientMessage): void;
  close(code: number): void;
}
