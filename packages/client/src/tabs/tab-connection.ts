/** One connection of a tab: it follows the tab that leads, and leads when it has the lock (rules X5 and X6). */

import type { Millis, Timer } from "@neverstale/base";
import { CLOSE, type ClientMessage } from "@neverstale/protocol";
import type {
  ClientConnection,
  ConnectionOpening,
  Said,
  TabRole,
  Transport,
  TransportEvents,
} from "../transport/transport.ts";
import type { TabsHost } from "./sharing.ts";
import { closeCodeForFollower, TabLeader, withCheck } from "./tab-leader.ts";
import type { TabChannel, TabFrame, TabLock, TabMessage, TabPlace } from "./tab-place.ts";

/** A leader that says nothing for so long is asked whether it is there, by a tab that somebody looks at. */
const SILENT_MS: Millis = 5_000;
/** It has so long for its answer. */
const PONG_MS: Millis = 1_000;

/*
 *              welcome                    granted: closed with 1012, and the lock is kept for the connection that follows
 *   waiting ───────────────▶ following ─────────────────────────────────────────────────────────▶ over
 *      │                         │        leading by another tab, a gap, the leader has closed      ▲
 *      │ granted                 └──────────────────────────────────────────────────────────────────┤
 *      ▼                    the socket has closed, the lock was stolen                              │
 *   leading ────────────────────────────────────────────────────────────────────────────────────────┘
 */

export class TabConnection implements ClientConnection {
  readonly #id: string;
  readonly #parts: TabParts;
  readonly #opening: ConnectionOpening;
  readonly #events: TransportEvents;
  readonly #channel: TabChannel;
  #stopWaiting: () => void = () => {};
  #lock: TabLock | null = null;
  #role: "waiting" | "following" | "leading" | "over" = "waiting";
  #leader: TabLeader | null = null;
  /** This tab is followed. */
  #leads: string | null = null;
  #seq = 0;
  #timer: Timer | null = null;

  /** With a lock that the tab holds already, it leads from the start. */
  constructor(parts: TabParts, opening: ConnectionOpening, events: TransportEvents, held: TabLock | null) {
    const { host, place, name } = parts;
    this.#id = host.io.newId();
    this.#parts = parts;
    this.#opening = opening;
    this.#events = events;
    this.#channel = place.join(name, (message) => this.#hear(message));
    if (held === null) this.#wait();
    else this.#begin(held);
  }

  /** Null: it does not have a connection, or not yet. */
  get role(): TabRole | null {
    if (this.#role === "leading") return "leads";
    return this.#role === "following" ? "follows" : null;
  }

  send(message: ClientMessage): void {
    if (this.#role === "leading") return this.#leader?.send(message);
    if (this.#role !== "following") return;
    if (message.type === "check") this.#post({ type: "check", from: this.#id, n: message.n });
    if (message.type === "get_state") this.#post({ type: "get_state", from: this.#id });
  }

  close(code: number): void {
    if (this.#role === "over") return;
    this.#leader?.close(code);
    if (this.#role === "leading") this.#post({ type: "closed", from: this.#id, code: CLOSE.comeBackNow });
    else this.#post({ type: "bye", from: this.#id });
    this.#end();
    this.#lock?.release();
  }

  #lost(): void {
    this.#leader?.close(NORMAL_CLOSURE);
    this.#over(CLOSE.comeBackNow);
  }

  #post(message: TabMessage): void {
    this.#channel.post(message);
  }

  #wait(): void {
    this.#ask();
    this.#watch(SILENT_MS);
    this.#lead(false);
  }

  #ask(): void {
    this.#post({ type: "ask", from: this.#id, resume: this.#opening.resume });
  }

  #lead(steals: boolean): void {
    const { place, name } = this.#parts;
    this.#stopWaiting();
    this.#stopWaiting = place.lead(name, steals, (lock) => this.#granted(lock));
  }

  #granted(lock: TabLock): void {
    if (this.#role === "waiting") {
      try {
        this.#begin(lock);
      } catch {
        this.#events.closed(CONNECTION_LOST);
      }
    } else if (this.#role === "following") {
      // The machine opens the next connection, which resumes where this one was, and has the lock.
      this.#post({ type: "bye", from: this.#id });
      this.#end();
      this.#parts.handOver(lock, () => this.#events.closed(CLOSE.comeBackNow));
    } else lock.release();
  }

  /** It leads. Throws what the transport throws, and then holds no lock. */
  #begin(lock: TabLock): void {
    this.#timer?.cancel();
    this.#role = "leading";
    this.#lock = lock;
    lock.lost = () => this.#lost();
    const { host, transport } = this.#parts;
    const events = { ...this.#events, closed: (code: number) => this.#over(code) };
    this.#leader = new TabLeader(this.#id, host, (message) => this.#post(message), events);
    try {
      this.#leader.connect(transport, this.#opening);
    } catch (error) {
      this.#end();
      lock.release();
      throw error;
    }
  }

  #hear(message: TabMessage): void {
    if (this.#role === "leading") return this.#leader?.hear(message);
    if (this.#role === "over") return;
    if (message.from === this.#leads || message.type === "pong" || message.type === "leading") this.#watch(SILENT_MS);
    switch (message.type) {
      case "leading":
        if (this.#role === "waiting") return this.#ask();
        return message.from === this.#leads ? undefined : this.#over(CLOSE.comeBackNow);
      case "welcome":
        return message.to === this.#id && this.#role === "waiting" ? this.#follow(message) : undefined;
      case "frame":
        return this.#isNext(message) ? this.#take(message, message.checks?.[this.#id]) : undefined;
      case "state":
        return this.#isNext(message) && message.to === this.#id ? this.#take(message, undefined) : undefined;
      case "closed":
        return message.from === this.#leads ? this.#over(closeCodeForFollower(message.code)) : undefined;
    }
  }

  #follow({ from, seq, frames }: Extract<TabMessage, { readonly type: "welcome" }>): void {
    this.#role = "following";
    this.#leads = from;
    this.#seq = seq;
    this.#watch(SILENT_MS);
    this.#events.opened();
    for (const frame of frames) if (this.#role === "following") this.#take(frame, undefined);
  }

  /** A message that was lost is a gap like any other: the tab asks from where it stands. */
  #isNext({ from, seq }: { readonly from: string; readonly seq: number }): boolean {
    if (this.#role !== "following" || from !== this.#leads || seq <= this.#seq) return false;
    this.#seq += 1;
    if (seq !== this.#seq) this.#over(CLOSE.comeBackNow);
    return this.#role === "following";
  }

  #take({ text, at, said }: TabFrame, check: number | undefined): void {
    const ago = Math.max(0, this.#parts.host.io.wallTime() - at);
    const age: Said = {
      ...said,
      fromParts: false,
      atLeastMs: (said?.atLeastMs ?? 0) + ago,
      atMostMs: (said?.atMostMs ?? 0) + ago,
    };
    this.#events.received(text.includes('"check"') && isAnswer(text) ? withCheck(text, check) : text, age);
  }

  /** From here on the leader is to be heard within this time. Nobody steals the lock for a tab that nobody looks at. */
  #watch(ms: Millis): void {
    const { io } = this.#parts.host;
    this.#timer?.cancel();
    this.#timer = io.after(ms, () => {
      if (io.isSeen?.() !== true) return this.#watch(SILENT_MS);
      this.#post({ type: "ping", from: this.#id });
      this.#timer = io.after(PONG_MS, () => {
        this.#watch(SILENT_MS);
        this.#lead(true);
      });
    });
  }

  #over(code: number): void {
    if (this.#role === "over") return;
    if (this.#role !== "leading") this.#post({ type: "bye", from: this.#id });
    this.#end();
    this.#lock?.release();
    this.#events.closed(code);
  }

  #end(): void {
    this.#role = "over";
    this.#timer?.cancel();
    this.#timer = null;
    this.#stopWaiting();
    this.#channel.leave();
  }
}

export interface TabParts {
  readonly host: TabsHost;
  readonly place: TabPlace;
  readonly transport: Transport;
  readonly name: string;
  /** A connection ends by `close`. The one that is opened in it has the lock, and else nobody. */
  readonly handOver: (lock: TabLock, close: () => void) => void;
}

function isAnswer(text: string): boolean {
  return text.startsWith('{"type":"sync"');
}

const NORMAL_CLOSURE = 1000;
const CONNECTION_LOST = 1006;
