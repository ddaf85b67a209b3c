/** A client of the crowd follows as a replica does, resumes where it was, and notes what came. */

import { type Backoff, backoffMs } from "@neverstale/base";
import { type HistoryFacts, type ServerMessage, SUBPROTOCOL, type SyncMessage } from "@neverstale/protocol";
import { type FrameSink, WsConnection } from "../../../bench/harness/load/ws-connection.ts";
import type { SharedStates, Shown } from "./shared-states.ts";

export class CrowdClient implements FrameSink {
  readonly #port: number;
  readonly #states: SharedStates;
  readonly #counts: CrowdCounts;
  #failures = 0;
  #connection: WsConnection | null = null;
  #position: { readonly epoch: string; readonly space: string } | null = null;
  /** The authority has spoken on this connection. */
  #isGreeted = false;
  #taken = 0;
  #acked = 0;
  #hasLeft = false;
  #frame: IncomingFrame = { isBinary: false, sizeBytes: 0, at: 0, payload: NO_BYTES };
  shown: Shown;

  constructor(port: number, states: SharedStates, counts: CrowdCounts) {
    this.#port = port;
    this.#states = states;
    this.#counts = counts;
    this.shown = states.nothing;
  }

  get isFollowing(): boolean {
    return this.#isGreeted;
  }

  get epoch(): string | null {
    return this.#position?.epoch ?? null;
  }

  connect(): void {
    if (this.#hasLeft) return;
    this.#taken = 0;
    this.#acked = 0;
    const at = this.#position === null ? {} : { ...this.#position, version: String(this.shown.version) };
    const path = `/sync?${new URLSearchParams({ steps: "1", ...at })}`;
    this.#connection = new WsConnection(this.#port, { path, subprotocol: SUBPROTOCOL }, this);
  }

  leave(): void {
    this.#hasLeft = true;
    this.#connection?.cut();
  }

  /** It leaves, as somebody who reloads a page, and comes back to wherever the proxy sends it. */
  comeAgain(): void {
    this.#connection?.cut();
  }

  ack(): void {
    if (this.#taken === this.#acked) return;
    this.#acked = this.#taken;
    this.#connection?.send(`{"type":"ack","n":${this.#taken}}`);
  }

  opened(): void {}

  closed(reason: string): void {
    const wasFollowing = this.#isGreeted;
    this.#connection = null;
    this.#isGreeted = false;
    if (this.#hasLeft) return;
    if (wasFollowing) this.#counts.lost += 1;
    const why = /closed with \d+|HTTP\/1\.1 \d+/.exec(reason)?.[0] ?? "cut off";
    this.#counts.ends[why] = (this.#counts.ends[why] ?? 0) + 1;
    this.#failures += 1;
    const comesBackNow = why === "closed with 1012" && this.#failures === 1;
    const waitMs = comesBackNow ? 0 : backoffMs(BACKOFF, this.#failures, Math.random());
    setTimeout(() => this.connect(), waitMs);
  }

  begin(_start: Buffer, isBinary: boolean, sizeBytes: number): void {
    this.#frame = { isBinary, sizeBytes, at: 0, payload: NO_BYTES };
  }

  /** A frame that comes as one piece is read where it lies. */
  piece(chunk: Buffer, from: number, to: number): void {
    const frame = this.#frame;
    if (to - from === frame.sizeBytes) {
      frame.payload = chunk.subarray(from, to);
      return;
    }
    if (frame.at === 0) frame.payload = Buffer.allocUnsafe(frame.sizeBytes);
    chunk.copy(frame.payload, frame.at, from, to);
    frame.at += to - from;
  }

  end(): void {
    const { message, next, problem } = this.#states.read(this.shown, this.#frame.payload, this.#frame.isBinary);
    this.#taken += 1;
    if (problem !== null) this.#note(problem);
    if (message !== null) this.#heard(message);
    this.shown = next;
    this.#isGreeted = true;
    this.#failures = 0;
  }

  #heard(message: ServerMessage): void {
    const counts = this.#counts;
    switch (message.type) {
      case "init":
      case "full_state":
        if (this.#position === null) counts.firstStates += 1;
        else counts.fullStates += 1;
        this.#position = { epoch: message.epoch, space: message.space };
        return;
      case "delta":
        counts.deltas += 1;
        return;
      case "sync":
        return this.#synced(message);
      case "error":
        counts.errors[message.code] = (counts.errors[message.code] ?? 0) + 1;
    }
  }

  /** The first message of a resumed connection has facts, and so has a step. */
  #synced({ resumed }: SyncMessage): void {
    if (resumed === undefined) return;
    if (this.#isGreeted) this.#counts.steps += 1;
    else this.#counts.resumed += 1;
    if (!this.#leadsOn(resumed)) this.#note(`${resumed.epoch} does not lead on from what a client shows`);
    this.#position = { epoch: resumed.epoch, space: resumed.space };
  }

  #leadsOn({ epoch, space, lineage }: HistoryFacts): boolean {
    const mine = this.#position;
    if (mine === null || mine.space !== space) return false;
    const run = lineage.find(([name]) => name === mine.epoch);
    return epoch === mine.epoch || (run !== undefined && run[1] >= this.shown.version);
  }

  #note(problem: string): void {
    this.#counts.problems += 1;
    if (this.#counts.firstProblems.length < 10) this.#counts.firstProblems.push(problem);
  }
}

/** These are counted for all clients of a process. */
export interface CrowdCounts {
  /** States that clients got who had none. */
  firstStates: number;
  /** States that clients got who had one already. */
  fullStates: number;
  deltas: number;
  resumed: number;
  steps: number;
  /** Connections that were lost after the authority had spoken. */
  lost: number;
  /** How connections ended, those too that never began. */
  readonly ends: Record<string, number>;
  readonly errors: Record<string, number>;
  /** Rules of the protocol that were broken. */
  problems: number;
  readonly firstProblems: string[];
}

interface IncomingFrame {
  readonly isBinary: boolean;
  readonly sizeBytes: number;
  at: number;
  payload: Buffer;
}

const NO_BYTES = Buffer.alloc(0);
/** It is that of a replica that somebody may be looking at (rule R6). */
const BACKOFF: Backoff = { firstMs: 500, longestMs: 5_000 };
