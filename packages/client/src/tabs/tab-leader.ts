/** The leading tab has the connection. It tells the others what comes on it, and sends what they ask for. */

import { CLOSE, type ClientMessage, type PartProgress, type Position } from "@neverstale/protocol";
import { FrameQueue, type ReceivedFrame } from "../transport/frame-queue.ts";
import type { ClientConnection, ConnectionOpening, Said, Transport, TransportEvents } from "../transport/transport.ts";
import { DeltaLog } from "./delta-log.ts";
import type { TabsHost } from "./sharing.ts";
import type { TabFrame, TabMessage } from "./tab-place.ts";
import { ToldChecks } from "./told-checks.ts";
import { type LeaderState, stateText, welcome } from "./welcome.ts";

/** A tab that has crashed does not say that it is gone. So many are remembered. */
const MOST_FOLLOWERS = 1_000;

export class TabLeader {
  readonly #id: string;
  readonly #host: TabsHost;
  readonly #post: (message: TabMessage) => void;
  readonly #events: TransportEvents;
  readonly #frames: FrameQueue;
  readonly #log = new DeltaLog();
  readonly #checks = new ToldChecks();
  /** They have been welcomed. Nothing is told where there are none. */
  readonly #followers = new Set<string>();
  /** They are further on than this tab, which hears from the authority what they know. */
  readonly #ahead = new Map<string, Position>();
  #connection: ClientConnection | null = null;
  #seq = 0;
  #isReady = false;
  #isLeft = false;

  constructor(id: string, host: TabsHost, post: (message: TabMessage) => void, events: TransportEvents) {
    this.#id = id;
    this.#host = host;
    this.#post = post;
    this.#events = events;
    this.#frames = new FrameQueue(
      host.io.inflate,
      (frame) => this.#take(frame),
      (run) => run(),
    );
  }

  /** It throws where not even an attempt can be made. */
  connect(transport: Transport, opening: ConnectionOpening): void {
    this.#connection = transport.connect(opening, {
      opened: () => this.#events.opened(),
      received: (frame: string | Uint8Array, said?: Said) => this.#frames.push(frame, said),
      loading: (progress: PartProgress, sizeBytes: number) => this.#events.loading(progress, sizeBytes),
      closed: (code) => this.#closed(code),
    });
  }

  hear(message: TabMessage): void {
    switch (message.type) {
      case "ask":
        return this.#welcome(message.from, message.resume);
      case "check":
        return this.#connection?.send({ type: "check", n: this.#checks.send(message.from, message.n) });
      case "get_state":
        return this.#tellState(message.from);
      case "ping":
        return this.#post({ type: "pong", from: this.#id });
      case "bye":
        this.#ahead.delete(message.from);
        this.#followers.delete(message.from);
    }
  }

  send(message: ClientMessage): void {
    const sent = message.type === "check" ? { ...message, n: this.#checks.send(this.#id, message.n) } : message;
    this.#connection?.send(sent);
  }

  close(code: number): void {
    this.#isLeft = true;
    this.#frames.close();
    this.#connection?.close(code);
  }

  /** A socket tells of its end also when this tab has closed it, and has left the others. */
  #closed(code: number): void {
    if (this.#isLeft) return;
    this.#frames.close();
    this.#post({ type: "closed", from: this.#id, code });
    this.#events.closed(code);
  }

  #take(frame: ReceivedFrame): void {
    if (frame.type === "part") return this.#events.loading(frame.progress, frame.sizeBytes);
    if (frame.type === "bad") return this.#events.received(""); // It is no message for anybody.
    const { text, said } = frame;
    const before = this.#host.machine.position;
    const checks = checkOf(text);
    const answered = checks === null ? {} : this.#checks.answered(checks);
    const own = checks === null ? text : withCheck(text, answered[this.#id]);
    this.#events.received(own, frame.fromParts ? { ...AT_ONCE, ...said, fromParts: true } : said);
    this.#log.took(text, before, this.#host.machine.position);
    this.#tell(text, said, answered);
    this.#lookWhetherReady();
  }

  #tell(text: string, said: Said | undefined, checks: Readonly<Record<string, number>>): void {
    if (this.#followers.size === 0 || text.startsWith('{"type":"mutated"')) return; // Its line is this tab's own.
    const shared = isSync(text) ? withoutPart(text) : text;
    this.#post({ type: "frame", ...this.#numbered(), ...this.#frameOf(shared, said), checks });
  }

  #lookWhetherReady(): void {
    const isFollowing = this.#host.machine.phase.type === "following";
    if (isFollowing && !this.#isReady) this.#post({ type: "leading", from: this.#id });
    this.#isReady = isFollowing;
    if (!isFollowing || this.#ahead.size === 0) return;
    for (const [tab, resume] of this.#ahead) this.#welcome(tab, resume);
  }

  /** A tab that asks while this one can't answer asks again when it leads. */
  #welcome(tab: string, resume: Position | null): void {
    const state = this.#state();
    if (state === null || !this.#isReady) return;
    this.#ahead.delete(tab);
    const texts = welcome(resume, state);
    if (texts === null) {
      if (resume !== null && this.#ahead.size < MOST_FOLLOWERS) this.#ahead.set(tab, resume);
      return;
    }
    if (this.#followers.size >= MOST_FOLLOWERS) this.#followers.delete([...this.#followers][0] as string);
    this.#followers.add(tab);
    const said = this.#confirmed();
    const frames = texts.map((text) => this.#frameOf(text, said));
    this.#post({ type: "welcome", to: tab, from: this.#id, seq: this.#seq, frames });
  }

  #tellState(tab: string): void {
    const state = this.#state();
    if (state === null || !this.#isReady) return; // The tab asks again.
    this.#post({ type: "state", to: tab, ...this.#numbered(), ...this.#frameOf(stateText("full_state", state)) });
  }

  /** Null: there is no state yet, or it is being replaced. */
  #state(): LeaderState | null {
    const { machine, records } = this.#host;
    const { position, authority, phase } = machine;
    if (position === null || phase.type !== "following") return null;
    return {
      position,
      authority,
      log: this.#log,
      readPayload: () =>
        this.#host.readRecords(() => {
          const lists = Object.entries(records.state).map(([name, own]) => [name, [...own.values()]]);
          return { payload: Object.fromEntries(lists), digest: records.digest() };
        }),
      levelDigest: () => (this.#host.status.type === "live" ? this.#host.readRecords(() => records.digest()) : null),
    };
  }

  /** All that the leader tells of itself is as old as its last confirmation. */
  #confirmed(): Said {
    const { io, lastConfirmedAt } = this.#host;
    const ago = Math.max(0, io.wallTime() - (lastConfirmedAt ?? 0));
    return { atLeastMs: ago, atMostMs: ago };
  }

  #numbered() {
    this.#seq += 1;
    return { from: this.#id, seq: this.#seq };
  }

  #frameOf(text: string, said?: Said): TabFrame {
    return { text, at: this.#host.io.wallTime(), ...(said === undefined ? {} : { said }) };
  }
}

const AT_ONCE: Said = { atLeastMs: 0, atMostMs: 0 };

/** With these codes a follower ends as the leader does. With all others there is a connection to be sought. */
const FINAL: ReadonlySet<number> = new Set([
  CLOSE.notSignedIn,
  CLOSE.forbidden,
  CLOSE.unknownSpace,
  CLOSE.clientTooOld,
]);

/** A follower whose leader has lost its connection comes back at once: to the next leader, or to be it. */
export function closeCodeForFollower(code: number): number {
  return FINAL.has(code) ? code : CLOSE.comeBackNow;
}

interface LooseSync {
  readonly type?: unknown;
  readonly check?: unknown;
}

function isSync(text: string): boolean {
  return text.length < LONGEST_SYNC && text.includes('"sync"') && parsed(text).type === "sync";
}

/** A `sync` has a lineage of 16 ids of 512 code units at most. */
const LONGEST_SYNC = 64 * 1024;

function parsed(text: string): LooseSync {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** Returns the number of the check that this text answers. Null: it answers none. */
function checkOf(text: string): number | null {
  if (!text.includes('"check"') || !isSync(text)) return null;
  const { check } = parsed(text);
  return typeof check === "number" ? check : null;
}

/** Undefined: no check of this tab is answered. */
export function withCheck(text: string, check: number | undefined): string {
  const { check: _, ...sync } = parsed(text);
  return JSON.stringify(check === undefined ? sync : { ...sync, check });
}

/** A follower is not told of the parts of a message, but of the whole. */
function withoutPart(text: string): string {
  if (!text.includes('"part"')) return text;
  const { part: _, ...sync } = parsed(text) as LooseSync & { readonly part?: unknown };
  return JSON.stringify(sync);
}
