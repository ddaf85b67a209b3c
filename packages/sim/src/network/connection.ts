/** A simulated WebSocket: two lanes, and an end on each side that may learn of its end late, or never. */

import type { ConnectionEvents } from "@neverstale/client";
import type { Frame, Wire } from "@neverstale/server";
import type { Audit } from "../checks/audit.ts";
import type { History } from "../checks/history.ts";
import type { Models } from "../plan/releases.ts";
import type { SimFrame, WireMessage } from "./frames.ts";
import type { Lane } from "./lane.ts";

export class SimConnection implements Wire {
  readonly id: string;
  readonly url: URL;
  readonly protocols: readonly string[];
  readonly client: string;
  readonly down: Lane;
  readonly up: Lane;
  /** The kernels on the way take in so many bytes before the process notices. */
  readonly #kernelBytes: number;
  readonly #watch: ConnectionWatch;
  readonly #events: ConnectionEvents;
  /** With true, events that arrive after the replica has closed its end are still told to it. */
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
  /** The process has not heard yet that it is closed, because it is paused. What it sends goes nowhere. */
  isUnheard = false;
  /** It returns the history of what is followed, as the authority has it now, or had it last. */
  follows: (() => History | null) | null = null;
  /** These are the models of the process that accepted it. A plain client reads changes by them. */
  models: Models | null = null;
  audit: Audit | null = null;
  tamper: Tamper | null = null;
  /** When somebody meddled with it, its frames can't be counted any more. */
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

  /** It is true while both ends take the connection for open. */
  get isOpen(): boolean {
    return this.#server !== null && !this.serverDone && !this.clientDone && !this.clientTold;
  }

  /** The replica knocks, and `accept` says what the authority does then. */
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

  // These methods are the authority's end.

  together(run: () => void): void {
    run();
  }

  send(frame: Frame): void {
    if (this.#orphaned || this.isUnheard) return;
    if (this.serverDone) return this.audit?.putAfterClose(this);
    const full = this.congested;
    for (const message of (frame as SimFrame).messages) {
      this.audit?.put(this, message, full);
      this.down.send(message.sizeBytes, (sentAt) => this.#arrive(message, sentAt));
    }
  }

  /** The process holds so many bytes because the kernels take no more. */
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

  /**
   * The process has ended, and nothing that it still does counts. The kernel says so, unless the machine has ended too.
   */
  processEnded(silently: boolean, bytes: number): void {
    this.#orphaned = true;
    if (this.serverDone) return;
    this.serverDone = true;
    this.cut(silently ? "nobody" : "client", bytes);
  }

  // These methods are the replica's end, and those below them the network's.

  say(text: string): void {
    if (this.clientDone || this.clientTold) return;
    this.audit?.said(this, text, this.#watch.now, this.#watch.jumpedAt);
    this.#note(`says ${text}`);
    this.up.send(text.length, () => {
      this.audit?.heard(text, this.#watch.now);
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

  /** The network ends it behind so many bytes each way, and `told` says which ends learn of it. */
  cut(told: "both" | "client" | "server" | "nobody", bytes: number): void {
    this.#note(`is cut after ${bytes}, and told is ${told}`);
    const withinFrame = [this.down.cutAfter(bytes), this.up.cutAfter(bytes)];
    if (withinFrame.includes(true)) this.#count("cuts_within_frame");
    if (told === "both" || told === "client") this.#tellClosed(CUT);
    if (told === "both" || told === "server") this.up.send(0, () => this.#endServer());
    this.down.seal();
    this.up.seal();
  }

  /** It is true when both ends know that it is closed. */
  get isOver(): boolean {
    return this.clientTold && this.serverDone && this.#server === null;
  }

  /** It is true when some end of it may wait in vain. */
  get isSick(): boolean {
    return this.up.sealed || this.down.sealed;
  }

  /** At last the ends learn of it, in whatever way. */
  bury(): void {
    this.#closeClient(CUT);
    if (!this.serverDone || this.#server !== null) this.#endServer();
  }
}

/** The authority does this with a connection that it accepted. */
export interface ServerEnd {
  received(text: string): void;
  closed(): void;
}

/** Someone between the two ends, who has no business there, does this to a frame. */
export type Tamper = "alter" | "swallow" | "double";

/** A connection tells the replica's side of the world what arrives, and asks it for the time. */
export interface ConnectionWatch {
  /** A message reaches the replica's end. It returns what is handed on, after whoever meddles with it. */
  arrives(connection: SimConnection, message: WireMessage, sentAt: number): readonly WireMessage[];
  readonly now: number;
  /** The replica's clock last jumped at this time. */
  readonly jumpedAt: number;
}

/** The code 1006 says that a connection was cut off. */
const CUT = 1006;
const HANDSHAKE_BYTES = 200;

const encoder = new TextEncoder();

function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}
