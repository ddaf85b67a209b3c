/** A reader is one request that waits for what follows its position: a poll, or a stream of events (rules H2 and H4). */

import type { Millis, Timer } from "@neverstale/base";
import type { Cursor } from "../../followers/cursor.ts";
import type { Attachment, SyncHub } from "../../followers/sync-hub.ts";
import type { Frame, Wire } from "../../followers/wire.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { type Audience, closedWith, messages, type Reply, refused, stream, toldRefusal } from "./reply.ts";

/** The answer to one request, on its way. */
export interface Outlet {
  /** Answers whole. */
  reply(reply: Reply): void;
  /** Begins an answer whose events follow. */
  begin(reply: Reply): void;
  /** Writes messages as events. `offsetMs` says how long after the beginning they are written. */
  write(frame: Frame, offsetMs: Millis): void;
  end(): void;
  /** It writes as one what `run` writes. */
  together(run: () => void): void;
  /** Bytes wait in this process. */
  readonly congested: boolean;
  readonly sentBytes: number;
}

export interface ReaderParts {
  readonly hub: SyncHub;
  readonly runtime: Pick<Runtime, "after" | "now">;
  readonly outlet: Outlet;
  readonly audience: Audience;
}

/** It is a wire to somebody who can't answer, and who comes back with another request. */
abstract class Reader implements Wire {
  protected readonly parts: ReaderParts;
  protected cursor: Cursor | null = null;
  #timer: Timer | null = null;
  #stopWaiting = (): void => {};
  #over = false;

  constructor(parts: ReaderParts) {
    this.parts = parts;
  }

  get congested(): boolean {
    return this.parts.outlet.congested;
  }

  get sentBytes(): number {
    return this.parts.outlet.sentBytes;
  }

  together(run: () => void): void {
    this.parts.outlet.together(run);
  }

  abstract send(frame: Frame): void;
  abstract close(code: number): void;

  protected get isOver(): boolean {
    return this.#over;
  }

  /**
   * It answers with a refusal where there is nothing to follow. A `check` is answered behind what is put at once (rule D2). Then
   * `followed` is called.
   */
  protected follow(attachment: Attachment, waits: boolean, check: number | null, followed: FollowedAs): void {
    const { hub, outlet } = this.parts;
    const asked = { ...attachment, profile: "v1", parts: false, steps: true, oneWay: { waits } } as const;
    this.#stopWaiting = hub.enter(this, asked, {
      entered: (cursor) => {
        this.cursor = cursor;
        if (check !== null) hub.receive(cursor, JSON.stringify({ type: "check", n: check }));
        followed(cursor);
      },
      refused: (error) => {
        this.leave();
        outlet.reply(refused(toldRefusal(error)));
      },
    });
  }

  /**
   * The answer to a check is for the one who asked (rule D2). Caches count in whole seconds, so what they give where beacons are
   * frequent would be too old to be shown as live (rule H2).
   */
  protected mayBeKept(check: number | null): boolean {
    return check === null && this.parts.hub.beaconMs >= KEPT_FROM_BEACON_MS;
  }

  protected after(ms: Millis, run: () => void): void {
    if (!this.#over) this.#timer = this.parts.runtime.after(ms, run);
  }

  /** Nothing more is for this reader: it was answered, or it is gone. */
  leave(): void {
    this.#over = true;
    this.#stopWaiting();
    this.#timer?.cancel();
    if (this.cursor !== null) this.parts.hub.detach(this.cursor);
  }
}

type FollowedAs = (cursor: Cursor) => void;

const KEPT_FROM_BEACON_MS: Millis = 15_000;

/** A poll gathers what follows, and answers once that ends with a `sync` with digest. */
export class Poll extends Reader {
  readonly #frames: Frame[] = [];
  readonly #check: number | null;
  #asked = false;
  /** The first frame was made at this time. */
  #begunAt: Millis | null = null;

  /** With `waits` it is answered after `waitMs` where nothing has come by then. */
  constructor(parts: ReaderParts, attachment: Attachment, asks: PollAsks) {
    super(parts);
    this.#check = asks.check;
    this.follow(attachment, asks.waits, asks.check, (cursor) => {
      this.#asked = true;
      this.#answerIfWhole();
      if (asks.waits) this.after(asks.waitMs, () => parts.hub.speak(cursor));
    });
  }

  send(frame: Frame): void {
    this.#begunAt ??= this.parts.runtime.now();
    this.#frames.push(frame);
    this.#answerIfWhole();
  }

  /** A large diff is made off the event loop, and comes behind the first `sync` (rule A4). */
  #answerIfWhole(): void {
    const { cursor } = this;
    if (this.isOver || !this.#asked || cursor === null || this.#frames.length === 0) return;
    if (cursor.owesDigest || cursor.owedCheck !== null) return;
    this.leave();
    const { outlet, audience, runtime } = this.parts;
    const madeForMs = runtime.now() - (this.#begunAt ?? runtime.now());
    outlet.reply(messages(audience, this.#frames, this.mayBeKept(this.#check), madeForMs));
  }

  close(code: number): void {
    if (this.isOver) return;
    this.leave();
    this.parts.outlet.reply(closedWith(this.parts.audience, code));
  }
}

export interface PollAsks {
  readonly waits: boolean;
  readonly check: number | null;
  readonly waitMs: Millis;
}

/** A stream writes what follows as it comes, and ends by itself, since what is between may not keep it open for longer. */
export class Stream extends Reader {
  readonly #startedAt: Millis;
  readonly #check: number | null;
  #begun = false;

  constructor(parts: ReaderParts, attachment: Attachment, check: number | null, lastsMs: Millis) {
    super(parts);
    this.#startedAt = parts.runtime.now();
    this.#check = check;
    this.follow(attachment, false, check, () => {
      this.after(lastsMs, () => {
        this.leave();
        parts.outlet.end();
      });
    });
  }

  send(frame: Frame): void {
    const { outlet, audience, runtime } = this.parts;
    if (!this.#begun) outlet.begin(stream(audience, this.mayBeKept(this.#check)));
    this.#begun = true;
    outlet.write(frame, Math.max(0, Math.floor(runtime.now() - this.#startedAt)));
  }

  close(code: number): void {
    if (this.isOver) return;
    this.leave();
    if (this.#begun) this.parts.outlet.end();
    else this.parts.outlet.reply(closedWith(this.parts.audience, code));
  }
}
