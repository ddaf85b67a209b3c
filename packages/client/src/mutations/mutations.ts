/** The mutations of a replica: what was asked for is shown at once, sent, and settled by what the server says (rules U6 to U15). */

import {
  type DeltaMessage,
  type FullStateMessage,
  type JsonValue,
  type LineAnswer,
  type LineRequest,
  lineNamed,
  MAX_ARGS_BYTES,
  type MutatedMessage,
  type Mutation,
  type SyncError,
  takeJson,
  timeOfLine,
  utf8Bytes,
} from "@neverstale/protocol";
import type { EffectPosition } from "../requests/answer.ts";
import type { Transport } from "../transport/transport.ts";
import { Announced } from "./announced.ts";
import { FrameGate } from "./frame-gate.ts";
import { askedFor, type LineEntry, MutationLine, mutationKey, unknown } from "./line.ts";
import type {
  Deliver,
  GatedFrames,
  MakeMutations,
  MutateOptions,
  MutationHost,
  MutationOutcome,
  PendingMutation,
  ReplicaMutations,
  SignOutOptions,
} from "./mutating.ts";
import { Overlay } from "./overlay.ts";
import { PendingList } from "./pending-list.ts";
import type { MakeQueue, MutationQueue } from "./queue/queue.ts";
import { ARGS_TOO_LARGE, MOST_PENDING, MOST_PENDING_BYTES, NOT_SIGNED_IN, QUEUE_FULL } from "./refusals.ts";
import { Sender } from "./sender.ts";

export interface MutationsOptions {
  /** They are posted there. It is absolute, or relative to the replica's server. By default it is `/mutations`. */
  readonly url?: string;
  /** With `keptQueue()` of `@neverstale/client/queue` those that wait are kept over a reload. It needs the replica's `user`. */
  readonly queue?: MakeQueue;
}

/** Give it to a replica as its option `mutations`. Only who imports it has the code of it. */
export function mutations({ url = "/mutations", queue }: MutationsOptions = {}): MakeMutations {
  return (host) => new LaidMutations(host, url, queue);
}

/** A line that nothing was asked for on is named again when its name is so old, or so far ahead of the authority's time. */
const OLD_MS = 12 * 3_600_000;
const AHEAD_MS = 5 * 60_000;

class LaidMutations implements ReplicaMutations {
  readonly #host: MutationHost;
  readonly #line: MutationLine;
  readonly #overlay: Overlay;
  readonly #sender: Sender;
  readonly #pending: PendingList;
  readonly #announced = new Announced();
  /** Null: they are kept in memory alone. */
  readonly #queue: MutationQueue | null;
  /** Null: no connection was opened yet. */
  #gate: FrameGate | null = null;
  #told: readonly PendingMutation[];

  constructor(host: MutationHost, url: string, makeQueue?: MakeQueue) {
    this.#host = host;
    this.#line = new MutationLine(lineNamed(host.io.newId(), host.io.wallTime())); // The authority has not told its time yet.
    this.#overlay = new Overlay(host.records);
    this.#pending = new PendingList(
      () => this.#line.entries,
      (entry) => this.#overlay.concernsOf(entry),
    );
    this.#told = this.#pending.all();
    this.#sender = new Sender(this.#line, {
      // A replica with a relative address is made on a server, too, where it has no place and sends nothing.
      target: () => ({ io: host.io, csrf: host.csrf, url: host.httpUrl(url) }),
      epoch: () => host.machine.position?.epoch ?? null,
      next: (epoch) => this.#next(epoch),
      sent: (request) =>
        host.change(() => {
          this.#line.wasSent(request);
          this.#pending.doubt();
        }),
      answered: (request, answer) => {
        let isNews = false;
        host.change(() => {
          isNews = this.#answered(request, answer);
        });
        return isNews;
      },
      heard: () => this.#gate?.release(),
      refused: (error, code) => host.change(() => this.#refused(error, code)),
    });
    this.#queue = makeQueue?.(this.#queueHost(url)) ?? null;
  }

  #queueHost(url: string): Parameters<MakeQueue>[0] {
    const [host, line] = [this.#host, this.#line];
    return {
      io: host.io,
      get user() {
        return host.machine.user;
      },
      get address() {
        // What is asked of one space is not shown over another one. A query may hold what is another one each time.
        const { origin, pathname } = new URL(host.options.url, host.io.baseUrl ?? undefined);
        return `${host.httpUrl(url)} ${origin}${pathname}`;
      },
      entries: line.entries,
      get lines() {
        return namedOf(line);
      },
      takeUp: (taken) => this.#change(() => line.takeUp(taken)),
      written: (denied) => {
        this.#pending.doubt();
        this.#change(() => {
          for (const entry of denied) {
            this.#hide(entry);
            entry.settle(QUEUE_FULL);
          }
        });
        this.#sender.added();
      },
      signOut: (options) => host.signOut(options),
    };
  }

  /** Where the queue is kept, a number is sent when it is (rule U6). */
  #next(epoch: string): LineRequest | null {
    const next = this.#line.next();
    const asked = this.#queue?.ready(next) ?? next;
    const [first] = asked;
    if (first === undefined) return null;
    const { line, n } = first;
    const acked = Math.min(n - 1, this.#queue?.settledOf(line) ?? n - 1);
    return { line, epoch, acked, mutations: asked.map(askedFor) };
  }

  get pending(): readonly PendingMutation[] {
    return this.#pending.all();
  }

  collectMoved(): boolean {
    const before = this.#told;
    this.#told = this.#pending.all();
    return before !== this.#told;
  }

  pendingOf(collection: string, id: string): readonly PendingMutation[] {
    return this.#pending.of(collection, id);
  }

  lift(applied?: DeltaMessage | FullStateMessage): void {
    this.#overlay.lift();
    if (applied === undefined || this.#line.entries.length === 0) return;
    if (applied.type === "delta") {
      for (const [name, { put = [], set = {}, unset = {} }] of Object.entries(applied.payload))
        this.#overlay.replacing(name, [...put.map(({ id }) => id), ...Object.keys(set), ...Object.keys(unset)]);
      return;
    }
    const { state } = this.#host.records;
    for (const name of Object.keys(state)) this.#overlay.replacing(name, state[name]?.keys() ?? []);
  }

  lay(): void {
    this.#takeAnnounced();
    this.#leaveStranded();
    if (this.#overlay.lay(this.#line.entries.filter(({ isShown }) => isShown))) this.#pending.doubt();
  }

  async mutate(mutation: Mutation, args: JsonValue, options: MutateOptions): Promise<MutationOutcome> {
    if (this.#overlay.isDeciding) throw new Error("a decision can't mutate: it returns what is to change");
    const { optimistic = mutation.optimistic } = options;
    const taken = takeJson(args, `the arguments of "${mutation.name}"`);
    const bytes = utf8Bytes(JSON.stringify(taken));
    const refusal = this.#refusalOf(bytes);
    if (refusal !== null) return refusal;
    return new Promise((settle, reject) => {
      const at = this.#host.io.wallTime();
      const [now, user] = [this.#host.serverNow(), this.#host.machine.user ?? ""];
      const asked = { mutation, args: taken, at, now, user, bytes, isOptimistic: optimistic, settle };
      this.#host.change(() => {
        try {
          if (!this.#add(asked)) return;
          this.#queue?.changed();
          this.#sender.added();
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /** The authority may have dropped lines that were named after it, or its time may be another one than was thought (rule U9b). */
  #nameAgain(): void {
    const age = this.#host.serverNow() - timeOfLine(this.#line.id);
    if (this.#line.isUnused && (age > OLD_MS || age < -AHEAD_MS)) this.#line.beginAnew(this.#line.id, this.#newLine());
  }

  /** It is never taken in, whatever it does. */
  #refusalOf(bytes: number): MutationOutcome | null {
    if (this.#host.status.type === "signed_out") return NOT_SIGNED_IN;
    if (bytes > MAX_ARGS_BYTES) return ARGS_TOO_LARGE;
    const isFull = this.#line.entries.length >= MOST_PENDING || this.#line.bytes + bytes > MOST_PENDING_BYTES;
    return isFull ? QUEUE_FULL : null;
  }

  /** The server would most likely refuse it, too, where a replica that is live does: it returns false then, and nothing is sent (rule U15). */
  #add(asked: Parameters<MutationLine["add"]>[0]): boolean {
    this.lay(); // It is decided on what those before it leave.
    this.#nameAgain();
    const entry = this.#line.add(asked);
    this.#pending.doubt();
    if (!entry.isShown) return true;
    try {
      const verdict = this.#overlay.layMore(entry, this.#host.io.freezes ?? false);
      if (verdict?.type !== "refused" || this.#host.status.type !== "live") return true;
      this.#line.takeBack(entry);
      entry.settle(verdict);
      return false;
    } catch (error) {
      this.#line.takeBack(entry);
      throw error;
    }
  }

  /** Its number stays its own, since ids were drawn from those behind it. */
  drop(key: string): boolean {
    const entry = this.#line.entries.find((one) => mutationKey(one) === key);
    if (entry === undefined || entry.wasSent || entry.isDropped || this.#queue?.canDrop(entry) === false) return false;
    this.#change(() => {
      this.#hide(entry);
      if (this.#queue === null) return entry.settle(DROPPED_HERE);
      // Whoever asked is told when that holds over a reload as well.
      this.#queue.whenKept((isDone) =>
        entry.settle(isDone || !entry.isKept ? DROPPED_HERE : unknown(mutationKey(entry), LEFT)),
      );
    });
    return true;
  }

  /** It is never sent: its number is asked for as dropped. */
  #hide(entry: LineEntry): void {
    entry.isDropped = true;
    entry.isShown = false;
  }

  connecting(): readonly string[] {
    this.#announced.forget();
    return namedOf(this.#line);
  }

  gate(deliver: Deliver): GatedFrames {
    this.#gate = new FrameGate(this.#host.io, deliver, () => this.#isEffectOnItsWay());
    return this.#gate;
  }

  /** The answer that is out may be to something whose effect is shown. */
  #isEffectOnItsWay(): boolean {
    return (
      this.#sender.isAsking &&
      this.#line.entries.some(({ isShown, wasSent, outcome }) => isShown && wasSent && outcome === null)
    );
  }

  mutated(message: MutatedMessage): void {
    this.#announced.hear(message);
  }

  /** A version says nothing of a history that the connection has not named yet. */
  #takeAnnounced(): void {
    const { position, phase } = this.#host.machine;
    // Only then it is known of which history the position is, and that the state is not being replaced.
    if (phase.type !== "following" || position === null) return;
    const said = this.#announced.take(position);
    for (const one of said) for (const entry of this.#line.upTo(one)) this.#unshow(entry);
    if (said.length > 0) this.#line.tidy();
  }

  /** Effects of before are in the state of a replica that is level, or their history is lost (rule U12). */
  #leaveStranded(): void {
    if (this.#host.status.type !== "live") return;
    const stranded = this.#line.entries.filter(({ isStranded, isShown }) => isStranded && isShown);
    for (const entry of stranded) this.#unshow(entry);
    if (stranded.length > 0) this.#line.tidy();
  }

  /** The state before may have had what this one, of another past, has not. */
  replaced(): void {
    this.#pending.doubt();
    this.#line.showAgain(this.#announced.said);
  }

  #answered({ line }: LineRequest, answer: LineAnswer): boolean {
    if (!this.#line.lines.includes(line)) return true;
    const told = this.#line.answered(line, answer);
    if (answer.behind !== undefined) {
      this.#overlay.lift(); // The ids that were drawn under the old line are others from here on.
      this.#pending.doubt();
      told.push(...this.#line.beginAnew(line, this.#newLine(answer.begin), mayBeDone(answer)));
      this.#queue?.changed();
    }
    for (const entry of told) this.#settle(entry, entry.outcome as MutationOutcome);
    return told.length > 0 || answer.behind !== undefined;
  }

  /** It concerns all that are left. What was sent before, and has lost its answer, may have taken effect. So has what is known to be decided. */
  #refused(error: SyncError, code: string): void {
    for (const entry of this.#line.entries.filter(({ outcome }) => outcome === null)) {
      const lost = unknown(mutationKey(entry), `an answer was lost, and the repeat was refused: ${error.message}`);
      // What has been named was decided: another copy of the request was, which something on the way has made (rule U15).
      const isLost = entry.wasLost || this.#announced.names(entry);
      this.#settle(entry, isLost ? lost : { type: "refused", code, detail: error.message });
    }
    this.#line.beginAnew(this.#line.id, this.#newLine());
  }

  /** The authority may have said which time it is to carry (rule U6). */
  #newLine(at = this.#host.serverNow()): string {
    return lineNamed(this.#host.io.newId(), at);
  }

  #settle(entry: LineEntry, outcome: MutationOutcome): void {
    this.#pending.doubt();
    entry.outcome = outcome;
    entry.settle(outcome);
    this.#queue?.changed();
    if (outcome.type === "done" && entry.isOptimistic && !entry.isDropped) this.#watch(entry, outcome.position);
    else if (entry.isShown) this.#unshow(entry);
    this.#line.tidy();
  }

  /** Where no message says that the effect is in the state, the position does (rule U12). */
  #watch(entry: LineEntry, position: EffectPosition): void {
    if (entry.isWatched) return;
    entry.isWatched = true;
    this.#host.whenReached(position, (reached) => {
      entry.isWatched = false;
      if (reached === "closed") return;
      this.#change(() => {
        // A position of before a restored backup may be of a history that this one shares, and has not come to yet.
        if (reached === "history_lost") entry.isStranded = true;
        else this.#unshow(entry);
        this.#line.tidy();
      });
    });
  }

  #unshow(entry: LineEntry): void {
    this.#overlay.lift();
    entry.isShown = false;
    this.#pending.doubt();
  }

  #change(run: () => void): void {
    this.#host.change(() => {
      this.#overlay.lift();
      this.#pending.doubt();
      run();
    });
  }

  hold(transport: Transport): Transport {
    return this.#queue?.hold(transport) ?? transport;
  }

  start(): void {
    for (const entry of this.#line.entries)
      if (entry.isShown && !entry.isStranded && entry.outcome?.type === "done")
        this.#watch(entry, entry.outcome.position);
    this.#queue?.start();
    this.#sender.start();
  }

  hurry(): void {
    this.#sender.hurry();
  }

  stop(): void {
    this.#sender.stop();
  }

  signOut(options: SignOutOptions = {}): Promise<void> | null {
    if (options.mutations === "drop") this.#sender.stop();
    return this.#queue?.signOut(options) ?? null;
  }

  clear(): void {
    this.#sender.stop(); // Nothing of this user's goes on under the session of another one.
    this.#announced.forget();
    const goesOn = this.#queue?.end() ?? false;
    this.#change(() => {
      for (const entry of this.#line.entries.filter(({ outcome }) => outcome === null)) {
        const outcome = lostWith(entry, goesOn);
        entry.outcome = outcome;
        if (outcome.type === "dropped" && goesOn) this.#queue?.whenKept(() => entry.settle(outcome));
        else if (!entry.isDropped && !(goesOn && entry.isKept && entry.isLeft)) entry.settle(outcome);
      }
      this.#line.clear();
      this.#line.beginAnew(this.#line.id, this.#newLine());
    });
  }
}

/** Connections name so many lines at most. */
const MOST_NAMED = 16;

function namedOf({ lines }: MutationLine): readonly string[] {
  return lines.slice(-MOST_NAMED);
}

/** The user has gone. With `goesOn` what is kept waits for the same user. */
function lostWith(entry: LineEntry, goesOn: boolean): MutationOutcome {
  const detail = "the user signed out before an answer came";
  if (goesOn && entry.isKept) return unknown(mutationKey(entry), `${detail}: it is kept, and waits for the same user`);
  return entry.wasSent ? unknown(mutationKey(entry), detail) : DROPPED_HERE;
}

const DROPPED_HERE: MutationOutcome = { type: "dropped" };
const LEFT = "it was dropped, and could not be taken out of what is kept";

/**
 * Where the line is not known, the past of the authority is another one: what was answered without an outcome was not done. But where the
 * line may have been dropped, also what was answered may have been done, by another copy of its request.
 */
function mayBeDone({ behind, begin }: LineAnswer): (entry: LineEntry) => boolean {
  if (begin !== undefined) return ({ wasSent }) => wasSent;
  return ({ wasLost }) => behind === 0 && wasLost;
}
