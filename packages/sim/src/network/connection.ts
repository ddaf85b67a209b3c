import type { ConnectionEvents } from "@neverstale/client";
import type { Position } from "@neverstale/protocol";
import type { Frame, Wire } from "@neverstale/server";
import type { Audit } from "../checks/audit.ts";
import type { Models } from "../plan/releases.ts";
import type { SimFrame, WireMessage } from "./frames.ts";
import type { Lane } from "./lane.ts";

/** What the authority does with a connection that it accepted. */
export interface ServerEnd {
  received(text: string): void;
  closed(): void;
}

/** Someone between the two ends who has no business there. */
export type Tamper = "alter" | "swallow" | "double";

/** The replica's side of the world around a connection. */
export interface ConnectionWatch {
  /** A message reaches the replica's end; returns what is handed on, after whoever meddles with it. */
  arrives(connection: SimConnection, message: WireMessage, sentAt: number): readonly WireMessage[];
  readonly now: number;
  /** When the replica's clock last jumped. */
  readonly jumpedAt: number;
}

/** 1006: cut off. */
const CUT = 1006;
const HANDSHAKE_BYTES = 200;

/** One WebSocket: two lanes, and an end on each side that may learn of its end late, or never. */
export class SimConnection implements Wire {
  readonly id: string;
  readonly url: URL;
  readonly protocols: readonly string[];
  readonly client: string;
  readonly down: Lane;
  readonly up: Lane;
  /** Bytes that the kernels on the way take in before the process notices. */
  readonly #kernelBytes: number;
  readonly #watch: ConnectionWatch;
  readonly #events: ConnectionEvents;
  /** Events that arrive after the replica has closed its end are still told to it. */
  readonly #tellsLate: boolean;
  readonly #note: (text: string) => void;
  readonly #count: (what: string) => void;
  #server: ServerEnd | null = null;
  #orphaned = false;
  /** The authority has closed it, or its process has ended. */
  serverDone = false;
  /** The replica has closed it. */
  clientDone = false;
  /** The replica has been told that it is closed. */
  clientTold = false;
  /** Which history it was accepted into. */
  follows: Omit<Position, "version"> | null = null;
  /** Of the process that accepted it: what the changes mean that a plain client is told of. */
  models: Models | null = null;
  audit: Audit | null = null;
  tamper: Tamper | null = null;
  /** Somebody meddled with it: its frames can't be counted any more. */
  meddledWith = false;

  constructor(
    facts: Pick<SimConnection, "id" | "url" | "protocols" | "client" | "down" | "up">,
    ends: {
      readonly events: ConnectionEvents;
      readonly watch: ConnectionWatch;
      readonly kernelBytes: number;
      readonly tellsLate: boolean;
      readonly note: (text: string) => void;
      readonly count: (what: string) => void;
    },
  ) {
    this.id = facts.id;
    this.url = facts.url;
    this.protocols = facts.protocols;
    this.client = facts.client;
    this.down = facts.down;
    this.up = facts.up;
    this.#events = ends.events;
    this.#watch = ends.watch;
    this.#kernelBytes = ends.kernelBytes;
    this.#tellsLate = ends.tellsLate;
    this.#note = ends.note;
    this.#count = ends.count;
  }

  /** Whether both ends still take it for open. */
  get isOpen(): boolean {
    return this.#server !== null && !this.serverDone && !this.clientDone && !this.clientTold;
  }

  /** The replica knocks; `accept` says what the authority does then. */
  knock(accept: (connection: SimConnection) => void): void {
    this.#note(`knocks ${this.url.search}`);
    this.up.send(HANDSHAKE_BYTES, () => accept(this));
  }

  /** The authority's side has answered the upgrade. */
  accepted(server: ServerEnd): void {
    this.#server = server;
  }

  greet(): void {
    this.down.send(HANDSHAKE_BYTES, () => {
      if (!this.clientDone && !this.clientTold) this.#events.opened();
    });
  }

  /** There was nobody, or somebody who refused. */
  refuse(): void {
    this.serverDone = true;
    this.#tellClosed(CUT);
  }

  // The authority's end.

  together(run: () => void): void {
    run();
  }

  send(frame: Frame): void {
    if (this.#orphaned) return;
    if (this.serverDone) return this.audit?.putAfterClose(this);
    const full = this.congested;
    for (const message of (frame as SimFrame).messages) {
      this.audit?.put(this, message, full);
      this.down.send(message.sizeBytes, (sentAt) => this.#arrive(message, sentAt));
    }
  }

  /** What the process holds because the kernels take no more. */
  get bufferedBytes(): number {
    return Math.max(0, this.down.waitingBytes - this.#kernelBytes);
  }

  get congested(): boolean {
    return this.bufferedBytes > 0;
  }

  get sentBytes(): number {
    return this.down.sentBytes - this.bufferedBytes;
  }

  close(code: number): void {
    if (this.serverDone) return;
    this.audit?.closed(this, code);
    this.serverDone = true;
    this.#tellClosed(code);
  }

  /** The process has ended: what it still does is nobody's. The kernel says so, unless the machine has ended too. */
  processEnded(silently: boolean, bytes: number): void {
    this.#orphaned = true;
    if (this.serverDone) return;
    this.serverDone = true;
    this.cut(silently ? "nobody" : "client", bytes);
  }

  // The replica's end.

  say(text: string): void {
    if (this.clientDone || this.clientTold) return;
    this.audit?.said(this, text, this.#watch.now, this.#watch.jumpedAt);
    this.#note(`says ${text}`);
    this.up.send(text.length, () => {
      this.audit?.heard(text);
      this.#server?.received(text);
    });
  }

  closeByClient(): void {
    if (this.clientDone) return;
    this.clientDone = true;
    this.#note("is closed by its replica");
    this.up.send(0, () => {
      this.#endServer();
      this.#tellClosed(1005);
    });
  }

  #arrive(message: WireMessage, sentAt: number): void {
    if (this.clientTold || (this.clientDone && !this.#tellsLate)) return;
    this.audit?.arrived(message);
    if (this.clientDone) this.#count("late_frames");
    for (const arrived of this.#watch.arrives(this, message, sentAt)) {
      this.#events.received(arrived.part?.bytes ?? (arrived.zipped ? bytesOf(arrived.text) : arrived.text));
    }
  }

  #tellClosed(code: number): void {
    this.down.send(0, () => this.#closeClient(code));
  }

  #closeClient(code: number): void {
    if (this.clientTold) return;
    this.clientTold = true;
    this.#note(`is told that it is closed: ${code}`);
    this.#events.closed(code);
  }

  #endServer(): void {
    this.serverDone = true;
    this.#note("ends at the authority");
    const server = this.#server;
    this.#server = null;
    server?.closed();
  }

  /** The network ends it behind so many bytes each way; `told` says which ends learn of it. */
  cut(told: "both" | "client" | "server" | "nobody", bytes: number): void {
    this.#note(`is cut after ${bytes}, and told is ${told}`);
    const withinFrame = [this.down.cutAfter(bytes), this.up.cutAfter(bytes)];
    if (withinFrame.includes(true)) this.#count("cuts_within_frame");
    if (told === "both" || told === "client") this.#tellClosed(CUT);
    if (told === "both" || told === "server") this.up.send(0, () => this.#endServer());
    this.down.seal();
    this.up.seal();
  }

  /** Whether both ends know that it is closed. */
  get isOver(): boolean {
    return this.clientTold && this.serverDone && this.#server === null;
  }

  /** Whether some end of it may wait in vain. */
  get isSick(): boolean {
    return this.up.sealed || this.down.sealed;
  }

  /** At last the ends learn of it, in whatever way. */
  bury(): void {
    this.#closeClient(CUT);
    if (!this.serverDone || this.#server !== null) this.#endServer();
  }
}

const encoder = new TextEncoder();

function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}
