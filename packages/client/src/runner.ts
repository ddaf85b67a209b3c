/** The runner gives the machine its inputs, one turn after the other, and carries out what concerns the connection. */

import type { Millis, Timer } from "@neverstale/base";
import { decodeServerMessage, type PartProgress, type ServerMessage, SyncError } from "@neverstale/protocol";
import type { Environment } from "./environment/environment.ts";
import { type AuthorityClock, authorityTime, hearAuthorityClock } from "./machine/authority-clock.ts";
import { type Clock, readClock, startClock, TIMER_LATE_MS } from "./machine/clock.ts";
import type { ReplicaFacts } from "./machine/receive.ts";
import { isConnected, type SyncEffect, type SyncState } from "./machine/state.ts";
import { nextWake, type SyncInput, transition } from "./machine/transition.ts";
import type { Deliver, GatedFrames } from "./mutations/mutating.ts";
import { FrameQueue, type ReceivedFrame } from "./transport/frame-queue.ts";
import type { ClientConnection, Said, Transport } from "./transport/transport.ts";

/** It owns the connection, the order of its frames, the timer and the clock. It decides nothing. */
export class Runner {
  readonly #io: Environment;
  readonly #transport: Transport;
  readonly #owner: RunnerOwner;
  readonly #gateFor: RunnerOptions["gate"];
  readonly #lines: () => readonly string[];
  #state: SyncState;
  #clock: Clock;
  #now: Millis;
  #authorityClock: AuthorityClock | null = null;
  #connection: ClientConnection | null = null;
  #frames: FrameQueue | null = null;
  #gate: GatedFrames | null = null;
  #timer: Timer | null = null;
  #timerAt: Millis = 0;
  #inTurn = false;

  constructor({ io, transport, state, owner, lines, gate }: RunnerOptions) {
    this.#io = io;
    this.#transport = transport;
    this.#owner = owner;
    this.#lines = lines;
    this.#gateFor = gate;
    this.#state = state;
    this.#clock = startClock(io.now(), io.wallTime());
    this.#now = io.now();
  }

  get state(): SyncState {
    return this.#state;
  }

  /** The last turn began at this time. */
  get now(): Millis {
    return this.#now;
  }

  /** Returns the time now, outside of a turn. */
  readNow(): Millis {
    return readClock(this.#clock, this.#io.now(), this.#io.wallTime()).now;
  }

  /** Returns the time now by the authority's wall clock. Null: the authority has not told. */
  readAuthorityTime(): number | null {
    if (this.#authorityClock === null) return null;
    const { phase, socket } = this.#state;
    const stands = isConnected(phase) && this.#authorityClock.socket === socket;
    return authorityTime(this.#authorityClock, { monotonic: this.#io.now(), now: this.readNow() }, stands);
  }

  input(input: SyncInput): void {
    this.turn(() => this.#give(input));
  }

  /** Runs something within a turn, at the end of which the owner is told. */
  turn(run: () => void): void {
    if (this.#inTurn) return run();
    this.#inTurn = true;
    try {
      this.#readClock();
      this.#look();
      run();
    } finally {
      this.#inTurn = false;
      this.#arm(); // Also when something was thrown: without a timer the replica would stand still for ever.
    }
    this.#owner.turnEnded();
  }

  #readClock(): void {
    const { clock, now, jumped } = readClock(this.#clock, this.#io.now(), this.#io.wallTime());
    this.#clock = clock;
    this.#now = now;
    if (!jumped) return;
    this.#disarm(); // It was set by a clock that no longer holds.
    this.#give({ type: "awake" });
  }

  #look(): void {
    const isSeen = this.#io.isSeen?.() ?? false;
    if (isSeen !== this.#state.seen) this.#give({ type: isSeen ? "seen" : "unseen" });
  }

  #give(input: SyncInput): void {
    const { state, effects } = transition(this.#state, input, this.#now, this.#io.chance());
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: SyncEffect): void {
    switch (effect.type) {
      case "send":
        return this.#connection?.send(effect.message);
      case "open_socket":
        return this.#open(effect);
      case "close_socket":
        return this.#close(effect.code);
      default:
        return this.#owner.carryOut(effect);
    }
  }

  /** A connection that can't even be tried is a failed attempt. The first time, the replica's maker is told, who may have made a mistake. */
  #open({ socket, resume, attempt }: Extract<SyncEffect, { readonly type: "open_socket" }>): void {
    this.#close(NORMAL_CLOSURE);
    const frames = new FrameQueue(
      this.#io.inflate,
      (frame) => this.#receive(socket, frame),
      (run) => this.turn(run),
    );
    this.#frames = frames;
    const deliver: Deliver = (frame, said) => frames.push(frame, said);
    const gate = this.#gateFor(deliver);
    this.#gate = gate;
    const events = {
      opened: () => this.input({ type: "opened", socket }),
      received: gate === null ? deliver : (frame: string | Uint8Array, said?: Said) => gate.push(frame, said),
      loading: (progress: PartProgress, sizeBytes: number) =>
        this.input({ type: "received_part", socket, progress, sizeBytes }),
      closed: (code: number) => {
        gate?.release(); // What had come before counts.
        this.input({ type: "closed", socket, code });
      },
    };
    try {
      this.#connection = this.#transport.connect(
        {
          resume,
          attempt,
          lines: this.#lines(),
          position: () => this.#state.position,
          whenTaken: (run) => gate?.whenTaken(run) ?? false,
        },
        events,
      );
    } catch (error) {
      if (socket === 1) throw error;
      this.#give({ type: "closed", socket, code: CONNECTION_LOST });
    }
  }

  #close(code: number): void {
    this.#frames?.close();
    this.#gate?.release();
    this.#gate = null;
    this.#connection?.close(code);
    this.#frames = null;
    this.#connection = null;
  }

  #receive(socket: number, frame: ReceivedFrame): void {
    if (frame.type === "part") return this.#give({ ...frame, type: "received_part", socket });
    const message = frame.type === "text" ? decoded(frame.text) : "bad";
    if (frame.type === "bad" || message === "bad") return this.#give({ type: "bad_frame", socket });
    const { toldAt = message?.type === "sync" ? message.at : null } = frame.said ?? {};
    if (message?.type === "sync" && typeof toldAt === "number") this.#hearClock(toldAt, socket, frame.said);
    const { sizeBytes, fromParts } = frame;
    const ageMs = frame.said?.atMostMs ?? 0;
    const facts = this.#owner.factsFor(message, this.#state.position?.version);
    this.#give({ type: "received", socket, message, sizeBytes, fromParts, ageMs, facts });
  }

  #hearClock(at: number, socket: number, said: Said | undefined): void {
    const ago = said?.atLeastMs ?? 0;
    const heard = { monotonic: this.#io.now() - ago, now: this.#now - ago };
    this.#authorityClock = hearAuthorityClock(this.#authorityClock, at, heard, socket);
  }

  #arm(): void {
    const wake = nextWake(this.#state, this.#now);
    if (wake === null) return this.#disarm();
    const at = Math.min(wake, this.#now + CLOCK_CHECK_MS);
    if (this.#timer !== null && this.#timerAt <= at) return; // It comes too early, finds nothing to do and is set anew.
    this.#disarm();
    this.#timerAt = at;
    // It waits whole milliseconds, rounded up: a remainder too small for the clock to show would be waited for without end.
    this.#timer = this.#io.after(Math.max(0, Math.ceil(at - this.#now)), () => this.#onTimer());
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #onTimer(): void {
    const due = this.#timerAt;
    this.#timer = null;
    this.turn(() => {
      if (this.#now - due > TIMER_LATE_MS) this.#give({ type: "awake" });
      this.#give({ type: "woke" });
    });
  }
}

export interface RunnerOptions {
  readonly io: Environment;
  readonly transport: Transport;
  readonly state: SyncState;
  readonly owner: RunnerOwner;
  readonly lines: () => readonly string[];
  /** The frames of a connection come through this, where it gives one. */
  readonly gate: (deliver: Deliver) => GatedFrames | null;
}

/** The owner has the records, and is told of everything in the order of the decisions. */
export interface RunnerOwner {
  factsFor(message: ServerMessage | null, version: number | undefined): ReplicaFacts;
  carryOut(effect: OwnerEffect): void;
  /** It is called after everything that happened at one moment (rule R1: render once). */
  turnEnded(): void;
}

/** These effects concern the records, and those who wait. */
export type OwnerEffect = Exclude<SyncEffect, { readonly type: "open_socket" | "close_socket" | "send" }>;

const NORMAL_CLOSURE = 1000;
const CONNECTION_LOST = 1006;
/** The clocks are compared so often, to notice that the machine slept where nothing else says so (rule R5). */
const CLOCK_CHECK_MS = 2_000;

/** Returns null when this build doesn't know the type of the message. */
function decoded(text: string): ServerMessage | null | "bad" {
  try {
    return decodeServerMessage(text);
  } catch (error) {
    if (error instanceof SyncError) return "bad";
    throw error;
  }
}
