/** A kept replica paints what was kept of it before it connects, writes what has moved, and deletes it with its user (rules X8 and X9). */

import type { Millis, Timer } from "@neverstale/base";
import { type InitialState, readInitialState } from "@neverstale/protocol";
import type { MovedRecords } from "../records/replica-records.ts";
import { afterReading } from "../transport/late-connection.ts";
import type { Transport } from "../transport/transport.ts";
import { bucketTexts, stateOf } from "./buckets.ts";
import { forgetStep, openStep, type Written, writeStep } from "./decisions.ts";
import type { KeptHost, ReplicaKept } from "./keeping.ts";
import { KeptSession } from "./kept-session.ts";
import type { Doomed, KeptMeta, KeptPlace } from "./place.ts";

/** A place that does not answer holds up no connection for longer. What it says later is not shown. */
const LONGEST_WAIT_MS: Millis = 2_000;

export class KeptReplica implements ReplicaKept {
  readonly #host: KeptHost;
  readonly #place: KeptPlace;
  #session: KeptSession | null = null;
  #opening: Promise<void> | null = null;
  #forgetting: Promise<void> = Promise.resolve();
  #timer: Timer | null = null;
  #isWriting = false;
  /** Another page has told that the user is gone, and deletes what was kept. */
  #wasTold = false;

  constructor(host: KeptHost, place: KeptPlace) {
    this.#host = host;
    this.#place = place;
    place.hear((user) => this.#hear(user));
  }

  gate(transport: Transport): Transport {
    return afterReading(transport, () => this.#open());
  }

  get keptFrom(): number | null {
    return this.#session?.keptFrom ?? null;
  }

  turned(moved: MovedRecords | null): void {
    const session = this.#ofThisView();
    if (session === null) return;
    if (moved !== null) session.moved(moved);
    if (this.#timer !== null || this.#isWriting || this.#host.status.type !== "live") return;
    const dueAt = session.dueAt(this.#host.machine.position, this.#host.lastConfirmedAt);
    if (dueAt === null) return;
    const { io } = this.#host;
    this.#timer = io.after(Math.max(0, dueAt - io.now()), () => {
      this.#timer = null;
      if (this.#host.status.type === "live") void this.#write(session);
    });
  }

  clear(): void {
    const { user } = this.#host.machine;
    const { phase } = this.#host.machine;
    const isForbidden = phase.type === "ended" && phase.why === "forbidden";
    const gone = this.#session?.user ?? (phase.type === "ended" ? user : null);
    const key = isForbidden ? (this.#session?.key ?? this.#keyOf(gone)) : null;
    this.#end();
    if (gone === null || this.#wasTold) return;
    this.#place.doom(key);
    if (key === null) this.#place.tell(gone);
    this.#forget(key);
  }

  /** Where another view is shown than before, what was kept of that one goes. */
  #ofThisView(): KeptSession | null {
    const [session, { io }, { position }] = [this.#session, this.#host, this.#host.machine];
    if (session === null || session.era === null || position === null || !session.leavesView(position)) return session;
    const { user, key, era } = session;
    this.#end();
    this.#place.doom(key);
    this.#forget(key);
    this.#session = new KeptSession(user, key, io.now());
    this.#session.opened(era);
    this.#session.leavesView(position);
    return this.#session;
  }

  /** Returns when all that has to be done before a connection is done. Null: nothing has to be. */
  #open(): Promise<void> | null {
    const [{ io }, { user }] = [this.#host, this.#host.machine];
    if (user === this.#session?.user) return this.#opening;
    this.#end();
    if (user === null) return null;
    const session = new KeptSession(user, this.#keyOf(user), io.now());
    this.#session = session;
    const opening = this.#withinTime(this.#forgetting.then(() => this.#read(session))).then(() => {
      if (this.#session === session) this.#opening = null;
    });
    this.#opening = opening;
    return opening;
  }

  /** A key has what tells two replicas of one browser apart. Where a position names a view, what was kept of another one is of no use. */
  #keyOf(user: string | null): string {
    const { io, options } = this.#host;
    const { url, model = null } = options;
    return JSON.stringify([user, new URL(url, io.baseUrl ?? undefined).href, model]);
  }

  async #read(session: KeptSession): Promise<void> {
    const { key, user } = session;
    let meta: KeptMeta | null = null;
    let era = 0;
    let doomed: Doomed = [];
    let texts: ReadonlyMap<number, string> = new Map();
    const began = this.#host.io.now();
    await this.#place.transact((found) => {
      doomed = this.#place.doomed();
      const [mine, step] = openStep(found, { key, user, wall: this.#host.io.wallTime() }, doomed);
      meta = mine;
      era = step.era ?? found.era;
      texts = found.texts;
      return step;
    }, key);
    this.#place.spare(doomed);
    if (this.#session !== session) return;
    session.opened(era);
    if (meta === null || this.#host.io.now() - began > LONGEST_WAIT_MS) return;
    this.#paint(session, meta, texts);
  }

  #paint(session: KeptSession, meta: KeptMeta, texts: ReadonlyMap<number, string>): void {
    const host = this.#host;
    const state = stateFrom(meta, texts);
    if (state === null || host.machine.position !== null) return; // Nothing that is shown is replaced by what may be older.
    const { payload, ...place } = state;
    const { proof } = meta.position;
    const position = proof === undefined ? place : { ...place, proof };
    const ageMs = Math.max(0, host.io.wallTime() - meta.confirmedAt);
    host.change(() => {
      host.readRecords(() => host.records.paint(payload));
      host.painted(position, ageMs);
    });
    session.painted(meta.stamp, position, meta.confirmedAt, texts);
  }

  async #write(session: KeptSession): Promise<void> {
    const { io, machine, lastConfirmedAt } = this.#host;
    const { position } = machine;
    const { key, user, era, base, wasKept } = session;
    if (position === null || lastConfirmedAt === null || era === null) return;
    this.#isWriting = true;
    const taken = session.take();
    try {
      const texts = this.#host.readRecords(() => bucketTexts(this.#host.records.state, taken));
      const stamp = io.newId();
      const [confirmedAt, writtenAt] = [lastConfirmedAt, io.wallTime()];
      const meta = { key, user, position, confirmedAt, writtenAt, stamp, bytes: session.bytesWith(texts) };
      let written: Written = "forgotten";
      await this.#place.transact((found) => {
        if (this.#session !== session) return {};
        const [outcome, step] = writeStep(found, { meta, texts, era, base, wasKept });
        written = outcome;
        return step;
      });
      session.answered(written, { stamp, position, confirmedAt, texts, now: io.now() });
    } catch {
      session.failed(taken, io.now());
    } finally {
      this.#isWriting = false;
    }
    if (this.#session === session) this.turned(null);
  }

  #end(): void {
    this.#session?.end();
    this.#session = null;
    this.#opening = null;
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** Where it fails it stays doomed, and is deleted before anything is shown of it again. */
  #forget(key: string | null): void {
    const forgotten = this.#forgetting.then(async () => {
      await this.#place.transact((found) => forgetStep(found, key));
      this.#place.spare(key === null ? "all" : [key]);
    });
    this.#forgetting = forgotten.catch(() => {});
  }

  #hear(user: string): void {
    if (this.#session?.user !== user) return;
    this.#wasTold = true;
    try {
      void this.#host.signOut({ mutations: "keep" });
    } finally {
      this.#wasTold = false;
    }
  }

  #withinTime(work: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#host.io.after(LONGEST_WAIT_MS, resolve);
      work
        .catch(() => {}) // Without what was kept, the replica begins as one that is not kept.
        .then(() => {
          timer.cancel();
          resolve();
        });
    });
  }
}

/** Null: what was kept is no state. */
function stateFrom({ position }: KeptMeta, texts: ReadonlyMap<number, string>): InitialState | null {
  try {
    return readInitialState({ ...position, payload: stateOf(texts.values()) });
  } catch {
    return null;
  }
}
