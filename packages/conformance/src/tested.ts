import type { JsonObject, PartProgress, Profile } from "@neverstale/protocol";

/** What a connection has brought: a frame, or its end. */
export type Arrival =
  | {
      readonly type: "frame";
      /** Of a binary frame what its gzip holds. */
      readonly text: string;
      readonly binary: boolean;
      /** Put together of parts, each of which has come before it as a frame of its own (rule M9). */
      readonly fromParts?: true;
    }
  /** A part of a message. */
  | { readonly type: "part"; readonly progress: PartProgress; readonly pieceBytes: number }
  /** A frame that can't be read: why. */
  | { readonly type: "unreadable"; readonly why: string }
  /** 1006 when it was cut off. */
  | { readonly type: "closed"; readonly code: number };

/** One connection to whoever is tested, or from it. */
export interface TestConnection {
  /** In order of arrival; whoever reads takes them out. */
  readonly inbox: Arrival[];
  /** Bytes of all frames so far. */
  readonly receivedBytes: number;
  sendText(text: string): void;
  sendBinary(bytes: Uint8Array): void;
  /** Below WebSocket, as they are. */
  sendBytes(bytes: Uint8Array): void;
  /** A client under test may be sent the text as gzip (rule M4). */
  sendGzip(text: string): void;
  /** The parts of that gzip, as frames (rule M9). */
  partsOf(text: string, partBytes: number): Uint8Array[];
  /** Reads nothing until `unpause`: the network fills up. */
  pause(): void;
  unpause(): void;
  close(code: number): void;
  /** Ends it without a word. */
  cut(): void;
}

/** The time that passes while something is waited for; one per run, in io/. */
export interface Patience {
  /** Resolves true as soon as `holds` does, false after `withinMs`. Looked at whenever anything arrives anywhere. */
  until(holds: () => boolean, withinMs: number): Promise<boolean>;
  /** A time limit for several waits together: how much of it is left, never below 0. */
  limit(withinMs: number): () => number;
}

/** The server under test, and what may be done with it. */
export interface TestedServer extends Patience {
  /** How often the server sends beacons in the plain profile, which doesn't tell. */
  readonly beaconMs: number;
  readonly control: Control | null;
  connect(options: ConnectOptions): Promise<TestConnection>;
}

export interface ConnectOptions {
  readonly profile: Profile;
  readonly query: Readonly<Record<string, string>>;
}

/** How the server is told to change; see README.md. */
export interface Control {
  /** Whether they were stored; false: refused. Throws when there was no answer. */
  change(changes: readonly JsonObject[]): Promise<boolean>;
  /** False: this control has no restart. Otherwise resolves when the server listens again. */
  restart(): Promise<boolean>;
}

/** The client under test, started for one scenario. */
export interface TestedClient extends Patience {
  /** Every connection it has made, oldest first. */
  readonly accepted: readonly AcceptedConnection[];
  /** Every line it has printed: what it shows. */
  readonly shown: readonly Shown[];
  /** What it printed that is no such line, and how it ended, if it did. */
  readonly complaint: string | null;
}

export interface AcceptedConnection extends TestConnection {
  /** Of the address it came to. */
  readonly query: Readonly<Record<string, string>>;
  readonly protocols: readonly string[];
}

export interface Shown {
  readonly version: number;
  readonly state: JsonObject;
}
