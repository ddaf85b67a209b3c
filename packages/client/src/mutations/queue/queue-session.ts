/** A session keeps the queue of one user: it takes lines up that were left, and writes what has changed (rules U6 and U19). */

import type { Millis, Timer } from "@neverstale/base";
import type { JsonValue, Mutation } from "@neverstale/protocol";
import { type LineEntry, mutationKey, type TakenUp, unknown } from "../line.ts";
import type { MutationOutcome } from "../mutating.ts";
import type { QueueHost } from "./queue.ts";
import type { FoundLines, KeptMutation, LinesStep, QueuePlace } from "./queue-place.ts";
import {
  beginStep,
  type KnownLine,
  leftLines,
  type QueueBounds,
  type QueueWriting,
  type QueueWritten,
  type TakenLine,
  takeUpStep,
  type WantedLine,
  wantedLines,
  writeQueueStep,
  writingOf,
} from "./queue-steps.ts";

/** The page that looks after what others have left looks again after this time. */
const LOOK_EVERY_MS: Millis = 10_000;
/** The page before may hold the line of a tab for so long while it is being reloaded. */
const OWN_LOCK_MS: Millis = 1_500;
/** A place that does not answer for so long, looked at so often, counts as gone. A machine that slept has not looked. */
const LONGEST_WAIT_MS: Millis = 2_000;
const LOOKS = 4;
const MOST_FAILURES = 3;
const RETRY_MS: Millis = 500;

/** It is told to the program of mutations that were asked for before the page was loaded. */
export interface LeftMutation {
  readonly key: string;
  readonly name: string;
  readonly args: JsonValue;
  /** The wall clock said this when it was asked for, in milliseconds since 1970. */
  readonly at: number;
}

export interface QueueSessionOptions {
  readonly user: string;
  /** These are known by their names. */
  readonly mutations: ReadonlyMap<string, Mutation>;
  readonly bounds: QueueBounds;
  readonly told: (outcome: MutationOutcome, left: LeftMutation) => void;
  /** Another page has dropped everything. */
  readonly forgotten: () => void;
}

export class QueueSession {
  readonly user: string;
  readonly #host: QueueHost;
  readonly #place: QueuePlace;
  readonly #options: QueueSessionOptions;
  readonly #address: string;
  /** Pages with the same one look after each other's lines. */
  readonly #scope: string;
  readonly #known = new Map<string, KnownLine>();
  readonly #locks = new Map<string, () => void>();
  /** A line is about to be sent up to this number. */
  readonly #sends = new Map<string, number>();
  readonly #afterwards: ((isKept: boolean) => void)[] = [];
  #state: "opening" | "open" | "broken" | "over" = "opening";
  #era = 0;
  #isDue = false;
  #writing: Promise<void> | null = null;
  #leads: (() => void) | null = null;
  #timer: Timer | null = null;

  constructor(host: QueueHost, place: QueuePlace, options: QueueSessionOptions) {
    this.user = options.user;
    this.#host = host;
    this.#place = place;
    this.#options = options;
    this.#address = host.address;
    this.#scope = JSON.stringify([this.user, this.#address]);
  }

  /** It never rejects: without a place, all is kept in memory alone. */
  async open(): Promise<void> {
    try {
      const remembered = this.#place.remembered(this.#scope);
      const left = await this.#lookFor(true);
      const own = remembered.filter((line) => left.includes(line));
      await this.#take(own, OWN_LOCK_MS);
      await this.#lead(left.filter((line) => !own.includes(line)));
    } catch {
      this.#break();
    }
    if (this.#state === "opening") this.#state = "open";
    this.#goOn([]);
    this.changed();
  }

  /** All that users have dropped, and could not be deleted, is deleted before anything is taken up. */
  async #lookFor(first: boolean): Promise<readonly string[]> {
    const doomed = this.#place.doomed();
    let left: readonly string[] = [];
    await this.#transact((found) => {
      const own = { user: this.user, address: this.#address };
      const step = first ? beginStep(found, own, { doomed, wall: this.#host.io.wallTime() }) : {};
      const lines = found.lines.filter(({ line }) => step.drop?.includes(line) !== true);
      if (first) this.#era = (step.eras ?? found.eras)[this.user] ?? 0;
      left = leftLines({ ...found, lines }, own, new Set(this.#locks.keys()));
      return step;
    }, false);
    if (first && doomed.length > 0) this.#place.spare(doomed);
    return left;
  }

  /** One page of a browser looks after what others have left. The next one does when it has gone. */
  async #lead(left: readonly string[]): Promise<void> {
    const name = this.#scope;
    const leads = await this.#place.lock(name, 0);
    if (leads !== null) return this.#leading(leads, left);
    void this.#place.lock(name, null).then(
      (granted) => (granted === null ? undefined : this.#leading(granted, null)),
      () => {},
    );
  }

  async #leading(release: () => void, left: readonly string[] | null): Promise<void> {
    if (this.#isOver) return release();
    this.#leads = release;
    try {
      await this.#take(left ?? (await this.#lookFor(false)), 0);
    } catch {
      // It looks again.
    }
    this.#timer = this.#host.io.after(LOOK_EVERY_MS, () => {
      this.#timer = null;
      this.#leads = null;
      void this.#leading(release, null);
    });
  }

  /** Nothing is added to a line that was taken up: what is asked for here has numbers of its own (rule U19). */
  async #take(lines: readonly string[], waitMs: Millis): Promise<void> {
    const held = await Promise.all(lines.map((line) => this.#lock(line, waitMs)));
    const locked = lines.filter((_, index) => held[index] === true);
    if (locked.length === 0) return;
    const found: TakenLine[] = [];
    await this.#transact((there) => {
      const [taken, step] = takeUpStep(there, locked, this.#host.io.wallTime());
      found.splice(0, found.length, ...taken);
      return this.#isOver ? {} : step;
    }, true);
    if (this.#isOver) return;
    for (const { line, settled, sent, numbers } of found.filter(({ mutations }) => mutations.length > 0))
      this.#known.set(line, { settled, sent, numbers });
    for (const line of locked.filter((one) => !this.#known.has(one))) this.#release(line);
    const entries = found.flatMap((line) => this.#entriesOf(line));
    if (entries.length > 0) this.#host.takeUp(entries);
    for (const line of found) for (const one of line.expired) this.#tell(one, line.sent);
    this.#goOn([]);
  }

  /** A number that is missing was dropped before it was sent. It is asked for as that. */
  #entriesOf({ settled, sent, mutations }: TakenLine): readonly TakenUp[] {
    const entries: TakenUp[] = [];
    let n = settled;
    for (const kept of mutations) {
      while (++n < kept.n) entries.push(this.#entryOf({ ...kept, n, args: null, bytes: 0 }, sent, true));
      entries.push(this.#entryOf(kept, sent, false));
    }
    return entries;
  }

  #entryOf(kept: KeptMutation, sent: number, isDropped: boolean): TakenUp {
    const mutation = this.#options.mutations.get(kept.name) ?? null;
    return {
      ...kept,
      mutation,
      user: this.user,
      isDropped,
      isKept: !isDropped,
      wasSent: kept.n <= sent,
      isOptimistic: kept.isOptimistic && mutation !== null,
      settle: (outcome) => {
        if (!isDropped) this.#options.told(outcome, leftAs(kept));
      },
    };
  }

  #tell(kept: KeptMutation, sent: number): void {
    const lost = unknown(mutationKey(kept), "it was sent, and nobody has asked for its answer in time");
    this.#options.told(kept.n <= sent ? lost : { type: "dropped" }, leftAs(kept));
  }

  get #isOver(): boolean {
    return this.#state === "over";
  }

  get isKeeping(): boolean {
    return this.#state === "opening" || this.#state === "open";
  }

  ready(next: readonly LineEntry[]): readonly LineEntry[] {
    if (this.#state !== "open") return this.#state === "opening" ? [] : next;
    const firstNot = next.findIndex((entry) => !this.#isReady(entry));
    if (firstNot < 0) return next;
    const last = next.at(-1);
    if (last !== undefined) this.#sends.set(last.line, last.n);
    this.changed();
    return next.slice(0, firstNot);
  }

  #isReady({ line, n, isDropped }: LineEntry): boolean {
    const known = this.#known.get(line);
    if (isDropped) return known?.numbers.has(n) !== true;
    return known?.numbers.has(n) === true && n <= known.sent;
  }

  settledOf(line: string): number | null {
    return this.isKeeping ? (this.#known.get(line)?.settled ?? null) : null;
  }

  isKept({ line, n }: Pick<LineEntry, "line" | "n">): boolean {
    return this.#known.get(line)?.numbers.has(n) === true;
  }

  /** So many wait, in this page and in others. */
  async count(): Promise<number> {
    const own = () => this.#host.entries.filter(({ outcome, isDropped }) => outcome === null && !isDropped).length;
    let others = 0;
    if (this.isKeeping) {
      const reading = this.#transact((found) => {
        const lines = found.lines.filter(({ user, line }) => user === this.user && !this.#known.has(line));
        others = lines.reduce((sum, { count }) => sum + count, 0);
        return {};
      }, false);
      await reading.catch(() => {});
    }
    return own() + others;
  }

  whenKept(run: (isKept: boolean) => void): void {
    if (!this.isKeeping) return run(false);
    this.#afterwards.push(run);
    this.changed();
  }

  changed(): void {
    this.#isDue = true;
    if (this.#state !== "open" || this.#writing !== null) return;
    // All that is changed in one turn is written together.
    this.#writing = Promise.resolve().then(() => this.#write());
  }

  async #write(): Promise<void> {
    while (this.#isDue && this.#state === "open") {
      this.#isDue = false;
      const afterwards = this.#afterwards.splice(0);
      const isDone = await this.#writeWanted(wantedLines(this.#host.entries));
      for (const run of afterwards) run(isDone);
    }
    this.#writing = null;
  }

  async #writeWanted(wanted: readonly WantedLine[]): Promise<boolean> {
    const { user } = this;
    const writing = writingOf(wanted, this.#known, this.#sends, { user, address: this.#address });
    if (writing === null) return true;
    let written: QueueWritten = { writing: null, denied: [] };
    try {
      for (const { line } of writing.write)
        if (!(await this.#lock(line.line, LONGEST_WAIT_MS))) throw new Error(`the line ${line.line} is another page's`);
      await this.#transact((found) => {
        const [result, step] = writeQueueStep(found, writing, { user, era: this.#era, bounds: this.#options.bounds });
        written = result;
        return step;
      }, false);
    } catch {
      this.#break();
      return false;
    }
    if (written.writing === null) this.#options.forgotten();
    else this.#noteWritten(written.writing, written.denied);
    return written.writing !== null;
  }

  #noteWritten({ drop, write }: QueueWriting, denied: readonly KeptMutation[]): void {
    for (const { line, put, remove } of write) {
      const numbers = new Set(this.#known.get(line.line)?.numbers);
      for (const { n } of put) numbers.add(n);
      for (const n of remove) numbers.delete(n);
      this.#known.set(line.line, { settled: line.settled, sent: line.sent, numbers });
    }
    for (const line of drop) {
      this.#known.delete(line);
      if (!this.#host.lines.includes(line)) this.#release(line);
    }
    this.#goOn(denied);
  }

  #goOn(denied: readonly KeptMutation[]): void {
    if (this.#isOver) return;
    for (const entry of this.#host.entries) entry.isKept = this.isKept(entry);
    const isDenied = (entry: LineEntry) => denied.some(({ line, n }) => line === entry.line && n === entry.n);
    this.#host.written(this.#host.entries.filter((entry) => entry.outcome === null && isDenied(entry)));
  }

  /** From here on all is as where nothing is kept. What is kept already stays, and the authority knows its numbers. */
  #break(): void {
    if (!this.isKeeping) return;
    this.#state = "broken";
    for (const run of this.#afterwards.splice(0)) run(false);
    this.#goOn([]);
  }

  /** The page holds a line for as long as something of it is kept, so that no other page takes it up. */
  async #lock(line: string, waitMs: Millis): Promise<boolean> {
    if (this.#locks.has(line)) return true;
    const release = await this.#withinTime(this.#place.lock(line, waitMs));
    if (release === null) return false;
    if (this.#isOver) release();
    else this.#locks.set(line, release);
    this.#remember();
    return !this.#isOver;
  }

  #release(line: string): void {
    this.#locks.get(line)?.();
    this.#locks.delete(line);
    this.#remember();
  }

  /** The tab takes these up again when it is reloaded. */
  #remember(): void {
    if (!this.#isOver) this.#place.remember(this.#scope, [...this.#locks.keys()]);
  }

  /** A place that fails is asked again, and given up when it fails for good. */
  async #transact(decide: (found: FoundLines) => LinesStep, whole: boolean): Promise<void> {
    for (let failures = 0; ; ) {
      try {
        return await this.#withinTime(this.#place.transact(decide, whole));
      } catch (error) {
        failures += 1;
        if (error === NO_ANSWER || failures >= MOST_FAILURES) throw error;
        await new Promise<void>((resolve) => this.#host.io.after(RETRY_MS, resolve));
      }
    }
  }

  #withinTime<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      let looks = 0;
      const look = () => {
        looks += 1;
        if (looks > LOOKS) reject(NO_ANSWER);
        else timer = this.#host.io.after(LONGEST_WAIT_MS, look);
      };
      let timer: Timer | null = null;
      look();
      work.then(resolve, reject).finally(() => timer?.cancel());
    });
  }

  /**
   * Nothing more of this user is taken up or sent here. What is kept stays (rule U20), and what was not kept yet is not. With `isDropped`
   * nothing is kept any more. It never rejects.
   */
  async end(isDropped: boolean): Promise<void> {
    const kept = wantedLines(this.#host.entries, (entry) => this.isKept(entry));
    const wasOpen = this.#state === "open";
    this.#timer?.cancel();
    this.#state = "over";
    await this.#writing;
    const isDone = wasOpen && !isDropped ? await this.#writeWanted(kept) : isDropped;
    for (const run of this.#afterwards.splice(0)) run(isDone);
    this.#leads?.();
    for (const line of [...this.#locks.keys()]) this.#release(line);
  }
}

const NO_ANSWER = new Error("the place of the queue does not answer");

function leftAs(kept: KeptMutation): LeftMutation {
  const { name, args, at } = kept;
  return { key: mutationKey(kept), name, args, at };
}
