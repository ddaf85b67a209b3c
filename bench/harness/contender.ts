/** A contender gives the harness a server entry and a client entry, and each is loaded in its own process. */

import type { AnyChange, AnyRecord, RecordShape } from "./records.ts";

interface ServerOptions {
  /** The state has so many records at the start: see `initialRecords`. */
  readonly records: number;
  readonly shape: RecordShape;
  /** This is an empty folder for this run, on a real disk. */
  readonly folder: string;
}

export interface ContenderServer {
  readonly port: number;
  /**
   * It asks for one change. Null means that the change is done. A promise settles when it is done, and a rejection voids the
   * run.
   */
  change(change: AnyChange): Promise<unknown> | null;
  /** It returns the state as the authority holds it now. */
  records(): Iterable<AnyRecord>;
  /** It returns what the server counts about itself. */
  metrics(): Readonly<Record<string, number>>;
  /** It returns when the store said that it has a change, for each one from `seq` = records + 1 on. */
  storedAt?(): readonly number[];
  close(): Promise<void>;
  /** Durable contenders open their store anew here and return what it holds. It is called after `close`. */
  stored?(): Promise<Iterable<AnyRecord>>;
}

export type StartServer = (options: ServerOptions) => Promise<ContenderServer>;

/** This request becomes the WebSocket. */
export interface UpgradeRequest {
  readonly path: string;
  readonly subprotocol?: string;
}

/** A dialect sees one connection of the load so. */
export interface LoadConnection {
  send(message: string | Uint8Array): void;
  /** This is the dialect's own memory of the client. It outlives the socket. */
  session: unknown;
  /** The newest frame with a position said that the client is here. It is null before there was one. */
  readonly position: unknown;
}

/** A frame is read once, however many clients it was sent to. */
export interface FrameReading {
  /** A client that has taken in this frame has every change up to this `seq`. It is 0 when the frame brings none. */
  readonly seq: number;
  /** The frame alters so many records. It is 0 for a frame that carries no change. */
  readonly changes: number;
  /** True means that the frame holds the full state, so that what came before it on the connection has no effect any more. */
  readonly restarts: boolean;
  /** A client is here after this frame, in the contender's own terms. It shows this when it comes back. */
  readonly position?: unknown;
  /**
   * It is equal for frames that differ only in what is addressed to one connection. Without it the frame's bytes are compared.
   */
  readonly meaning?: string;
}

/** It replays the frames of one client with the contender's real decoder, and throws when a frame doesn't fit. */
export interface FrameReplay {
  apply(payload: Buffer, binary: boolean): void;
  records(): Iterable<AnyRecord>;
}

/** The load's clients speak to a contender in its dialect. There is one for all clients of a process. */
export interface Dialect {
  /** A client that was cut off still has its position. */
  upgrade(port: number, connection: LoadConnection): UpgradeRequest | Promise<UpgradeRequest>;
  /** It is called when the socket is open. */
  opened(connection: LoadConnection): void;
  /**
   * It returns true for a frame that is meant for one connection alone, such as a ping. `start` has its first 16 bytes at least.
   */
  isOwn(start: Buffer, binary: boolean, sizeBytes: number): boolean;
  own(connection: LoadConnection, payload: Buffer, binary: boolean): void;
  read(payload: Buffer, binary: boolean): FrameReading;
  replay(): FrameReplay;
  /** It writes that a client has taken in `frames` frames, where the contender asks for it (rule A4b). */
  ack?(frames: number): string;
  /** A client sends this at an interval, where the contender's own clients do so. */
  readonly heartbeat?: { readonly everyMs: number; readonly message: string | Uint8Array };
}

export type MakeDialect = () => Dialect;

/** An entry names a contender and the files from which it is loaded. */
export interface ContenderEntry {
  readonly name: string;
  /** The tables call it so. */
  readonly label: string;
  readonly kind: "floor" | "engine" | "peer";
  /** This file is relative to bench/, and exports `startServer: StartServer`. */
  readonly server: string;
  /** This file is relative to bench/, and exports `makeDialect: MakeDialect`. */
  readonly client: string;
  /** It is passed to `startServer` through the process. */
  readonly variant?: string;
  /** The server runs by this program, whose path is absolute. Without it, it runs by this Node. */
  readonly program?: string;
}
