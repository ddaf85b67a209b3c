/** The kit sees a tested server or client through these interfaces, so that nothing but `io` knows sockets and processes. */

import type { JsonObject, PartProgress, Profile } from "@neverstale/protocol";

/** A connection brings frames, and then its end. */
export type Arrival =
  | {
      readonly type: "frame";
      /** This is the text of the frame. A binary frame holds it as gzip. */
      readonly text: string;
      readonly binary: boolean;
      /** It was put together from parts, each of which has come before it as a frame of its own (rule M9). */
      readonly fromParts?: true;
    }
  /** This is a part of a message. */
  | { readonly type: "part"; readonly progress: PartProgress; readonly pieceBytes: number }
  /** A frame can't be read, and `why` says why. */
  | { readonly type: "unreadable"; readonly why: string }
  /** The code is 1006 when the connection was cut off. */
  | { readonly type: "closed"; readonly code: number };

/** This is one connection to the tested server, or from the tested client. */
export interface TestConnection {
  /** Arrivals stand in their order, and whoever reads takes them out. */
  readonly inbox: Arrival[];
  /** It counts the bytes of all frames so far. */
  readonly receivedBytes: number;
  sendText(text: string): void;
  sendBinary(bytes: Uint8Array): void;
  /** It sends the bytes as they are, below WebSocket. */
  sendBytes(bytes: Uint8Array): void;
  /** It sends the text as gzip, which a client must understand (rule M4). */
  sendGzip(text: string): void;
  /** It returns the parts of that gzip, as frames (rule M9). */
  partsOf(text: string, partBytes: number): Uint8Array[];
  /** It reads nothing until `unpause`, so that the network fills up. */
  pause(): void;
  unpause(): void;
  close(code: number): void;
  /** It ends the connection without a word. */
  cut(): void;
}

/** Patience waits for something to happen, and for no longer than is said. There is one per run, in `io`. */
export interface Patience {
  /**
   * It resolves with true as soon as `holds` returns true, and with false after `withinMs`. It looks whenever anything arrives.
   */
  until(holds: () => boolean, withinMs: number): Promise<boolean>;
  /** It starts a time limit for several waits together. The function that it returns says how much is left, never below 0. */
  limit(withinMs: number): () => number;
}

/** This is the server under test, and what may be done with it. */
export interface TestedServer extends Patience {
  /** The server sends a beacon once in this time. The plain profile does not tell it. */
  readonly beaconMs: number;
  readonly control: Control | null;
  connect(options: ConnectOptions): Promise<TestConnection>;
}

export interface ConnectOptions {
  readonly profile: Profile;
  readonly query: Readonly<Record<string, string>>;
}

/** By the control the server is told to change: see README.md. */
export interface Control {
  /** It resolves with true when they were stored, and with false when they were refused. It rejects when there was no answer. */
  change(changes: readonly JsonObject[]): Promise<boolean>;
  /** It resolves with true when the server listens again, and with false when this control has no restart. */
  restart(): Promise<boolean>;
  /** It resolves with true when the server has taken over anew while it runs, and with false when this control can't do that. */
  takeOver(): Promise<boolean>;
}

/** This is the client under test, which was started for one scenario. */
export interface TestedClient extends Patience {
  /** These are all connections that it has made, the oldest first. */
  readonly accepted: readonly AcceptedConnection[];
  /** Each line that it has printed says what it shows. */
  readonly shown: readonly Shown[];
  /** It has printed something that is no such line, or it has ended: then this says so. */
  readonly complaint: string | null;
}

export interface AcceptedConnection extends TestConnection {
  /** These are the parameters of the address to which it came. */
  readonly query: Readonly<Record<string, string>>;
  readonly protocols: readonly string[];
}

export interface Shown {
  readonly version: number;
  readonly state: JsonObject;
}
