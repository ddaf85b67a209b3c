/** The mutations of a replica: what was asked for is shown at once, sent, and settled by what the server says (rules U6 to U15). */

import {
  type JsonValue,
  type LineAnswer,
  type LineRequest,
  type MutatedMessage,
  type Mutation,
  type SyncError,
  takeJson,
} from "@neverstale/protocol";
import type { EffectPosition } from "../requests/answer.ts";
import { type LineEntry, MutationLine, mutationKey, unknown } from "./line.ts";
import type {
  MakeMutations,
  MutateOptions,
  MutationHost,
  MutationOutcome,
  PendingMutation,
  ReplicaMutations,
} from "./mutating.ts";
import { decideAt, Overlay } from "./overlay.ts";
import { Sender } from "./sender.ts";

export interface MutationsOptions {
  /** They are posted there. It is absolute, or relative to the replica's server. By default it is `/mutations`. */
  readonly url?: string;
}

/** Give it to a replica as its option `mutations`. Only who imports it has the code of it. */
export function mutations({ url = "/mutations" }: MutationsOptions = {}): MakeMutations {
  return (host) => new LaidMutations(host, url);
}

/** So many may wait. The next one is refused at once (rule U19). */
const MOST_PENDING = 1_000;
const MOST_CHARS = 1024 * 1024;

class LaidMutations implements ReplicaMutations {
  readonly #host: MutationHost;
  readonly #line: MutationLine;
  readonly #overlay: Overlay;
  readonly #sender: Sender;
  /** It was said in front of a message that has not come yet. */
  #announced: MutatedMessage | null = null;
  #pending: readonly PendingMutation[] | null = null;
  #hasMoved = false;

  constructor(host: MutationHost, url: string) {
    this.#host = host;
    this.#line = new MutationLine(host.io.newId());
    this.#overlay = new Overlay(host.records);
    this.#sender = new Sender(() => this.#line, {
      target: { io: host.io, csrf: host.csrf, url: host.httpUrl(url) },
      epoch: () => host.position?.epoch ?? null,
      sending: (entries) => host.change(() => this.#sending(entries)),
      answered: (request, answer) => {
        let isNews = false;
        host.change(() => {
          isNews = this.#answered(request, answer);
        });
        return isNews;
      },
      refused: (error, code) => host.change(() => this.#refused(error, code)),
    });
  }

  get lines(): readonly string[] {
    return [this.#line.id];
  }

  get pending(): readonly PendingMutation[] {
    this.#pending ??= Object.freeze(
      this.#line.entries.filter(({ isDropped }) => !isDropped).map((entry) => this.#pendingOf(entry)),
    );
    return this.#pending;
  }

  collectMoved(): boolean {
    const moved = this.#hasMoved;
    this.#hasMoved = false;
    return moved;
  }

  #forgetPending(): void {
    this.#pending = null;
    this.#hasMoved = true;
  }

  #pendingOf(entry: LineEntry): PendingMutation {
    const { mutation, args, at, wasSent } = entry;
    const concerns = this.#overlay.concernsOf(entry);
    return Object.freeze({ key: mutationKey(entry), name: mutation.name, args, at, wasSent, concerns });
  }

  pendingOf(collection: string, id: string): readonly PendingMutation[] {
    return this.pending.filter(({ concerns }) =>
      concerns.some((one) => one.collection === collection && one.id === id),
    );
  }

  lift(): void {
    this.#overlay.lift();
  }

  lay(): void {
    const shown = this.#line.entries.filter(({ isShown }) => isShown);
    if (this.#overlay.lay(shown, this.#deciding) && this.#line.entries.length > 0) this.#forgetPending();
  }

  get #deciding() {
    const { user } = this.#host;
    return { user: user ?? "", now: this.#host.serverNow() };
  }

  async mutate(mutation: Mutation, args: JsonValue, options: MutateOptions): Promise<MutationOutcome> {
    const { optimistic = mutation.optimistic } = options;
    const taken = takeJson(args, `the arguments of "${mutation.name}"`);
    const chars = JSON.stringify(taken).length;
    if (this.#line.entries.length >= MOST_PENDING || this.#line.chars + chars > MOST_CHARS) return QUEUE_FULL;
    return new Promise((settle) => {
      const at = this.#host.io.wallTime();
      const fresh = { wasSent: false, wasLost: false, isDropped: false, outcome: null };
      const asked = { ...fresh, mutation, args: taken, at, chars, isShown: optimistic, settle };
      this.#change(() => {
        const entry = this.#line.add(asked);
        const refusal = optimistic && this.#host.isLive ? this.#refusalHere(entry) : null;
        if (refusal === null) return this.#sender.hurry();
        this.#line.takeBack(entry);
        settle(refusal);
      });
    });
  }

  /** The server would most likely refuse it, too, where a replica that is live does: nothing is sent (rule U15). */
  #refusalHere(entry: LineEntry): MutationOutcome | null {
    const before = this.#line.entries.filter((other) => other.isShown && other !== entry);
    this.#overlay.lay(before, this.#deciding); // It is decided on what those before it leave.
    try {
      const verdict = decideAt(entry, this.#host.records.shown, this.#deciding);
      return verdict.type === "refused" ? verdict : null;
    } catch {
      return null; // The server decides.
    } finally {
      this.lift();
    }
  }

  /** Its number stays its own, since ids were drawn from those behind it. */
  drop(key: string): boolean {
    const entry = this.#line.entries.find((one) => mutationKey(one) === key);
    if (entry === undefined || entry.wasSent || entry.isDropped) return false;
    this.#change(() => {
      entry.isDropped = true;
      entry.isShown = false;
      entry.settle({ type: "dropped" });
    });
    return true;
  }

  mutated(message: MutatedMessage): void {
    this.#announced = message;
    this.moved();
  }

  moved(): void {
    const { position } = this.#host;
    const said = this.#announced;
    if (said === null || position === null || position.version < said.version) return;
    this.#announced = null;
    for (const entry of this.#line.upTo(said.line, said.n)) this.#unshow(entry);
    this.#line.tidy();
  }

  #sending(entries: readonly LineEntry[]): void {
    for (const entry of entries) entry.wasSent = true;
    this.#forgetPending();
  }

  #answered({ line }: LineRequest, answer: LineAnswer): boolean {
    if (line !== this.#line.id) return true;
    const told = this.#line.answered(answer);
    if (answer.behind !== undefined) told.push(...this.#line.beginAnew(this.#host.io.newId(), answer.behind > 0));
    for (const entry of told) this.#settle(entry, entry.outcome as MutationOutcome);
    return told.length > 0 || answer.behind !== undefined;
  }

  /** It concerns all that are left. What was sent before, and has lost its answer, may have taken effect. */
  #refused(error: SyncError, code: string): void {
    for (const entry of this.#line.entries.filter(({ outcome }) => outcome === null)) {
      const lost = unknown(mutationKey(entry), `an answer was lost, and the repeat was refused: ${error.message}`);
      this.#settle(entry, entry.wasLost ? lost : { type: "refused", code, detail: error.message });
    }
    this.#line.beginAnew(this.#host.io.newId(), true);
  }

  #settle(entry: LineEntry, outcome: MutationOutcome): void {
    entry.outcome = outcome;
    entry.settle(outcome);
    this.#forgetPending();
    if (entry.isShown && outcome.type === "done") this.#watch(entry, outcome.position);
    else if (entry.isShown) this.#unshow(entry);
    this.#line.tidy();
  }

  /** Where no message says that the effect is in the state, the position does (rule U12). */
  #watch(entry: LineEntry, position: EffectPosition): void {
    this.#host.whenReached(position, (reached) => {
      if (reached === "closed" || !entry.isShown) return;
      this.#change(() => {
        this.#unshow(entry);
        this.#line.tidy();
      });
    });
  }

  #unshow(entry: LineEntry): void {
    this.#overlay.lift();
    entry.isShown = false;
    this.#forgetPending();
  }

  #change(run: () => void): void {
    this.#host.change(() => {
      this.#overlay.lift();
      this.#forgetPending();
      run();
    });
  }

  start(): void {
    for (const entry of this.#line.entries)
      if (entry.isShown && entry.outcome?.type === "done") this.#watch(entry, entry.outcome.position);
    this.#sender.start();
  }

  stop(): void {
    this.#sender.stop();
  }

  clear(): void {
    this.#announced = null;
    this.#change(() => {
      for (const entry of this.#line.entries.filter(({ outcome }) => outcome === null)) {
        const detail = "the user signed out before an answer came";
        this.#settle(entry, entry.wasSent ? unknown(mutationKey(entry), detail) : { type: "dropped" });
      }
      for (const entry of this.#line.entries) entry.isShown = false;
      this.#line.tidy();
      this.#line.beginAnew(this.#host.io.newId(), true);
    });
  }
}

const QUEUE_FULL: MutationOutcome = {
  type: "refused",
  code: "queue_full",
  detail: `more than ${MOST_PENDING} mutations, or ${MOST_CHARS} characters of them, wait for the server`,
};
