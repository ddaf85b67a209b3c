import type { Millis, Timer } from "@neverstale/base";
import {
  CLOSE,
  csrfSubprotocol,
  decodeServerMessage,
  encodeMessage,
  type Position,
  type ServerMessage,
  SUBPROTOCOL,
  SyncError,
} from "@neverstale/protocol";
import { type AuthorityClock, authorityTime, hearAuthorityClock } from "./machine/authority-clock.ts";
import { type Clock, readClock, startClock, TIMER_LATE_MS } from "./machine/clock.ts";
import type { ReplicaFacts } from "./machine/receive.ts";
import { isConnected, type SyncEffect, type SyncState } from "./machine/state.ts";
import { nextWake, type SyncInput, transition } from "./machine/transition.ts";
import type { CsrfTokens } from "./requests/csrf.ts";
import type { ClientSocket, Environment, SocketEvents } from "./transport/environment.ts";
import { type Frame, FrameQueue } from "./transport/frame-queue.ts";
import { socketUrl } from "./transport/urls.ts";

type SocketEffect = Extract<SyncEffect, { readonly type: "open_socket" | "close_socket" | "send" }>;

/** What concerns the records and those who wait. */
export type OwnerEffect = Exclude<SyncEffect, SocketEffect>;

/** Who owns the records, and is told of everything in the order of the decisions. */
export interface RunnerOwner {
  factsFor(message: ServerMessage | null, version: number | undefined): ReplicaFacts;
  carryOut(effect: OwnerEffect): void;
  /** After everything that happened at one moment (rule R1: render once). */
  turnEnded(): void;
}

export interface RunnerOptions {
  readonly io: Environment;
  readonly url: string;
  /** Null: the handshake needs no token. */
  readonly csrf: CsrfTokens | null;
  readonly state: SyncState;
  readonly owner: RunnerOwner;
}

const NORMAL_CLOSURE = 1000;
const CONNECTION_LOST = 1006;
/** How often the clocks are compared, to notice that the machine slept where nothing else says so (rule R5). */
const CLOCK_CHECK_MS = 2_000;

/**
 * Carries out what `transition` decides: owns the socket, the order of its frames, the timer and the clock. It decides
 * nothing itself.
 */
export class SyncRunner {
  readonly #io: Environment;
  readonly #url: string;
  readonly #csrf: CsrfTokens | null;
  readonly #owner: RunnerOwner;
  #state: SyncState;
  #clock: Clock;
  #now: Millis;
  #authorityClock: AuthorityClock | null = null;
  #socket: ClientSocket | null = null;
  #frames: FrameQueue | null = null;
  #timer: Timer | null = null;
  #timerAt: Millis = 0;
  #inTurn = false;

  constructor({ io, url, csrf, state, owner }: RunnerOptions) {
    this.#io = io;
    this.#url = url;
    this.#csrf = csrf;
    this.#owner = owner;
    this.#state = state;
    this.#clock = startClock(io.now(), io.wallTime());
    this.#now = io.now();
  }

  get state(): SyncState {
    return this.#state;
  }

  /** When the last turn began. */
  get now(): Millis {
    return this.#now;
  }

  /** What the clock says now, outside of a turn. */
  readNow(): Millis {
    return readClock(this.#clock, this.#io.now(), this.#io.wallTime()).now;
  }

  /** What the authority's wall clock says now; null: it has not told. */
  readAuthorityTime(): number | null {
    if (this.#authorityClock === null) return null;
    const { phase, socket } = this.#state;
    const stands = isConnected(phase) && this.#authorityClock.socket === socket;
    return authorityTime(this.#authorityClock, { monotonic: this.#io.now(), now: this.readNow() }, stands);
  }

  input(input: SyncInput): void {
    this.#turn(() => this.#step(input));
  }

  #turn(run: () => void): void {
    if (this.#inTurn) return run();
    this.#inTurn = true;
    try {
      this.#readClock();
      this.#look();
      run();
    } finally {
      this.#inTurn = false;
      this.#arm(); // Whatever was thrown: without a timer it would be parked for ever.
    }
    this.#owner.turnEnded();
  }

  #readClock(): void {
    const { clock, now, jumped } = readClock(this.#clock, this.#io.now(), this.#io.wallTime());
    this.#clock = clock;
    this.#now = now;
    if (!jumped) return;
    this.#disarm(); // It was set by a clock that no longer holds.
    this.#step({ type: "awake" });
  }

  #look(): void {
    const isSeen = this.#io.isSeen?.() ?? false;
    if (isSeen !== this.#state.seen) this.#step({ type: isSeen ? "seen" : "unseen" });
  }

  #step(input: SyncInput): void {
    const { state, effects } = transition(this.#state, input, this.#now, this.#io.chance());
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: SyncEffect): void {
    switch (effect.type) {
      case "send":
        return this.#socket?.send(encodeMessage(effect.message));
      case "open_socket":
        return this.#open(effect.socket, effect.resume, effect.attempt);
      case "close_socket":
        return this.#close(effect.code);
      default:
        return this.#owner.carryOut(effect);
    }
  }

  #open(socket: number, resume: Position | null, attempt: number): void {
    this.#close(NORMAL_CLOSURE);
    if (this.#csrf === null) return this.#connectOrFail(socket, resume);
    // After a cut the token is mostly good still; a browser doesn't say why an attempt failed, so the next one asks.
    // One that is being fetched is asked for anew: that answer may be lost.
    this.#csrf
      .get(attempt > 1 || this.#csrf.isPending)
      .then((token) => {
        const current = this.#state.socket === socket && this.#state.phase.type === "connecting";
        if (current)
          this.#connect(socket, resume, token === null ? [SUBPROTOCOL] : [SUBPROTOCOL, csrfSubprotocol(token)]);
      })
      .catch((error: unknown) => this.input({ type: "closed", socket, code: closeCodeFor(error) }));
  }

  /** A socket that can't even be made is a failed attempt; the first time its maker is told, who may have made a mistake. */
  #connectOrFail(socket: number, resume: Position | null): void {
    try {
      this.#connect(socket, resume, [SUBPROTOCOL]);
    } catch (error) {
      if (socket === 1) throw error;
      this.#step({ type: "closed", socket, code: CONNECTION_LOST });
    }
  }

  #connect(socket: number, resume: Position | null, protocols: readonly string[]): void {
    const url = socketUrl(this.#url, this.#io.baseUrl, resume);
    const frames = new FrameQueue(
      this.#io.inflate,
      (frame) => this.#take(socket, frame),
      (run) => this.#turn(run),
    );
    const events: SocketEvents = {
      opened: () => this.input({ type: "opened", socket }),
      received: (frame) => frames.push(frame),
      closed: (code) => this.input({ type: "closed", socket, code }),
    };
    this.#frames = frames;
    this.#socket = this.#io.openSocket(url, protocols, events);
  }

  #close(code: number): void {
    this.#frames?.close();
    this.#socket?.close(code);
    this.#frames = null;
    this.#socket = null;
  }

  #take(socket: number, frame: Frame): void {
    if (frame.type === "part") return this.#step({ ...frame, type: "received_part", socket });
    const message = frame.type === "text" ? decoded(frame.text) : "bad";
    if (frame.type === "bad" || message === "bad") return this.#step({ type: "bad_frame", socket });
    if (message?.type === "sync" && message.at !== undefined) this.#hearClock(message.at, socket);
    const { sizeBytes, fromParts } = frame;
    const facts = this.#owner.factsFor(message, this.#state.position?.version);
    this.#step({ type: "received", socket, message, sizeBytes, fromParts, facts });
  }

  #hearClock(at: number, socket: number): void {
    const heard = { monotonic: this.#io.now(), now: this.#now };
    this.#authorityClock = hearAuthorityClock(this.#authorityClock, at, heard, socket);
  }

  #arm(): void {
    const wake = nextWake(this.#state, this.#now);
    if (wake === null) return this.#disarm();
    const at = Math.min(wake, this.#now + CLOCK_CHECK_MS);
    if (this.#timer !== null && this.#timerAt <= at) return; // It comes too early, finds nothing to do and is set anew.
    this.#disarm();
    this.#timerAt = at;
    // Whole milliseconds, rounded up: a remainder too small for the clock to show would be waited for without end.
    this.#timer = this.#io.after(Math.max(0, Math.ceil(at - this.#now)), () => this.#onTimer());
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #onTimer(): void {
    const due = this.#timerAt;
    this.#timer = null;
    this.#turn(() => {
      if (this.#now - due > TIMER_LATE_MS) this.#step({ type: "awake" });
      this.#step({ type: "woke" });
    });
  }
}

function decoded(text: string): ServerMessage | null | "bad" {
  try {
    return decodeServerMessage(text);
  } catch (error) {
    if (error instanceof SyncError) return "bad";
    throw error;
  }
}

function closeCodeFor(error: unknown): number {
  return error instanceof SyncError && error.code === "not_signed_in" ? CLOSE.notSignedIn : CONNECTION_LOST;
}
