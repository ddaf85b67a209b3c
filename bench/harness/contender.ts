/** What a contender gives the harness: a server entry and a client entry, each loaded in its own process. */

import type { BenchChange, BenchRecord } from "./records.ts";

interface ServerOptions {
  /** How many records the state has at the start; see `initialRecords`. */
  readonly records: number;
  /** An empty folder of this run on a real disk. */
  readonly folder: string;
}

export interface ContenderServer {
  readonly port: number;
  /** Asks for one change. Null: it is done. A promise: it settles when it is done; a rejection voids the run. */
  change(change: BenchChange): Promise<unknown> | null;
  /** The state as the authority holds it now. */
  records(): Iterable<BenchRecord>;
  /** What it counts about itself. */
  metrics(): Readonly<Record<string, number>>;
  close(): Promise<void>;
  /** Durable contenders: what opening the store anew gives. Called after `close`. */
  stored?(): Promise<Iterable<BenchRecord>>;
}

export type StartServer = (options: ServerOptions) => Promise<ContenderServer>;

/** The request that becomes the WebSocket. */
export interface UpgradeRequest {
  readonly path: string;
  readonly subprotocol?: string;
}

/** One connection of the load, as its dialect sees it. */
export interface LoadConnection {
  send(message: string | Uint8Array): void;
  /** The dialect's own memory of this client; outlives the socket. */
  session: unknown;
  /** Where the client is, as the newest frame with a position said; null before there is one. */
  readonly position: unknown;
}

/** What a frame says, worked out once however many clients it was sent to. */
export interface FrameReading {
  /** The client that has taken in this frame has every change up to this `seq`; 0 when the frame brings none. */
  readonly seq: number;
  /** How many records the frame alters; 0 for frames that carry no change. */
  readonly changes: number;
  /** The frame holds the full state: what came before it on the connection has no effect any more. */
  readonly restarts: boolean;
  /** Where a client is after this frame, in the contender's own terms: what it shows when it comes back. */
  readonly position?: unknown;
  /** Equal for frames that differ only in what is addressed to one connection; the frame's bytes by default. */
  readonly meaning?: string;
}

/** Replays the frames of one client with the contender's real decoding. Throws when a frame doesn't fit. */
export interface FrameReplay {
  apply(payload: Buffer, binary: boolean): void;
  records(): Iterable<BenchRecord>;
}

/** How the load's clients speak to a contender. One for all clients of a process. */
export interface Dialect {
  /** A client that was cut has its position still. */
  upgrade(port: number, connection: LoadConnection): UpgradeRequest | Promise<UpgradeRequest>;
  /** The socket is open. */
  opened(connection: LoadConnection): void;
  /** Whether a frame is meant for this connection alone (a ping, a session id). `start`: its first 16 bytes at least. */
  isOwn(start: Buffer, binary: boolean, sizeBytes: number): boolean;
  own(connection: LoadConnection, payload: Buffer, binary: boolean): void;
  read(payload: Buffer, binary: boolean): FrameReading;
  replay(): FrameReplay;
  /** How a client says that it has taken in `frames` frames, where the contender asks for it (rule A4b). */
  ack?(frames: number): string;
  /** What a client sends at an interval, where the contender's own clients do. */
  readonly heartbeat?: { readonly everyMs: number; readonly message: string | Uint8Array };
}

export type MakeDialect = () => Dialect;

/** By what name and from which file a contender is loaded. */
export interface ContenderEntry {
  readonly name: string;
  /** In the tables. */
  readonly label: string;
  readonly kind: "floor" | "engine" | "peer";
  /** Relative to bench/; exports `startServer: StartServer`. */
  readonly server: string;
  /** Relative to bench/; exports `makeDialect: MakeDialect`. */
  readonly client: string;
  /** Passed to `startServer` through the process. */
  readonly variant?: string;
}
