/** A line is the numbered list of what one page has asked for (rule U6), behind what was left on older ones, to which nothing is added (U19). */

import {
  type AskedMutation,
  DROPPED,
  type JsonValue,
  type LineAnswer,
  type LineOutcome,
  type LineRequest,
  MAX_MUTATIONS,
  type MutatedMessage,
  type Mutation,
} from "@neverstale/protocol";
import type { MutationOutcome } from "./mutating.ts";

/** One mutation that was asked for. */
export interface LineEntry {
  /** They are others only where a new line is begun. */
  line: string;
  n: number;
  readonly name: string;
  /** The arguments were made for this revision. */
  readonly revision: number;
  /** Null: this build knows none of that name. The authority decides it, and nothing of it is shown. */
  readonly mutation: Mutation | null;
  readonly args: JsonValue;
  /** The wall clock said this here when it was asked for, and `now` was the time by the authority's. */
  readonly at: number;
  readonly now: number;
  /** It was asked for on behalf of this user. */
  readonly user: string;
  /** Its arguments take so many bytes as JSON. */
  readonly bytes: number;
  wasSent: boolean;
  /** It outlives the page. */
  isKept: boolean;
  /** A page that is gone has asked for it, or this one for a user who had gone. */
  readonly isLeft: boolean;
  /** An answer to it was lost: it may have taken effect. */
  wasLost: boolean;
  /** It was dropped before it was sent. Its number goes on being asked for, with nothing to be done. */
  isDropped: boolean;
  /** Its effect is shown over a state that does not have it. */
  readonly isOptimistic: boolean;
  /** Its effect is shown over the state. */
  isShown: boolean;
  /** Its position is waited for, so that the effect leaves what is shown then. */
  isWatched: boolean;
  /** Its position is in no history that the authority tells of. */
  isStranded: boolean;
  /** Null: it is not known yet. */
  outcome: MutationOutcome | null;
  readonly settle: (outcome: MutationOutcome) => void;
}

/** An entry is made of this. */
type Asked = Pick<LineEntry, "args" | "at" | "now" | "user" | "bytes" | "isOptimistic" | "settle"> & {
  readonly mutation: Mutation;
};

/** It was asked for by a page that is gone. */
export type TakenUp = Omit<LineEntry, "isLeft" | "wasLost" | "isShown" | "isWatched" | "isStranded" | "outcome">;

const NOTHING_KNOWN = { wasLost: false, isWatched: false, isStranded: false, outcome: null };

/** So many bytes of arguments go in one request at most, unless a single mutation has more. */
const REQUEST_BYTES = 64 * 1024;

export class MutationLine {
  /** Numbers of this line are given to all that is asked for here. */
  id: string;
  /**
   * They are in the order in which they were asked for, those of older lines first. One goes when its outcome is known and it is shown
   * no more.
   */
  readonly entries: LineEntry[] = [];
  #last = 0;
  #bytes = 0;

  constructor(id: string) {
    this.id = id;
  }

  /** The arguments of all that waits have so many bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Nothing was asked for on it yet. */
  get isUnused(): boolean {
    return this.#last === 0;
  }

  add(asked: Asked): LineEntry {
    this.#last += 1;
    const { name, revision } = asked.mutation;
    const own = { name, revision, line: this.id, n: this.#last, wasSent: false, isKept: false, isDropped: false };
    const added: LineEntry = { ...NOTHING_KNOWN, ...asked, ...own, isLeft: false, isShown: asked.isOptimistic };
    this.entries.push(added);
    this.#bytes += asked.bytes;
    return added;
  }

  /** They were left by pages that are gone, and go before all that is asked for here (rule U19). */
  takeUp(taken: readonly TakenUp[]): void {
    const own = this.entries.findIndex(({ line }) => line === this.id);
    const left = taken.map((one) => {
      // Nobody knows what became of what was sent.
      return {
        ...NOTHING_KNOWN,
        ...one,
        isLeft: true,
        wasLost: one.wasSent,
        isShown: one.isOptimistic && !one.isDropped,
      };
    });
    this.entries.splice(own < 0 ? this.entries.length : own, 0, ...left);
    this.#bytes += left.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** All is given up, whatever is known of it. */
  clear(): void {
    this.entries.length = 0;
    this.#bytes = 0;
  }

  /** These lines have entries, or will. The own one is the last. */
  get lines(): readonly string[] {
    return [...new Set(this.entries.map(({ line }) => line))].filter((line) => line !== this.id).concat(this.id);
  }

  /** The newest entry is taken back, as if it had not been asked for. */
  takeBack(entry: LineEntry): void {
    this.entries.splice(this.entries.indexOf(entry), 1);
    this.#last -= 1;
    this.#bytes -= entry.bytes;
  }

  /** It returns what is to be asked next: the first that have no outcome, of one line. */
  next(): readonly LineEntry[] {
    const asked: LineEntry[] = [];
    let bytes = 0;
    for (const entry of this.entries) {
      if (entry.outcome !== null) continue;
      bytes += entry.bytes;
      const [first] = asked;
      if (asked.length === MAX_MUTATIONS || (first !== undefined && bytes > REQUEST_BYTES)) break;
      if (first !== undefined && first.line !== entry.line) break;
      asked.push(entry);
    }
    return asked;
  }

  wasSent(request: LineRequest): void {
    for (const entry of this.#entriesOf(request)) entry.wasSent = true;
  }

  /** They may have taken effect, but for what was asked for under no epoch, of which nothing is decided. */
  answerLost(request: LineRequest): void {
    if (request.epoch === "") return;
    for (const entry of this.#entriesOf(request)) entry.wasLost = true;
  }

  #entriesOf({ line, mutations }: LineRequest): LineEntry[] {
    const [first, last] = [mutations[0]?.n ?? 0, mutations.at(-1)?.n ?? 0];
    return this.entries.filter((entry) => entry.line === line && entry.n >= first && entry.n <= last);
  }

  /** It returns the entries whose outcome has become known. */
  answered(line: string, { epoch, outcomes }: LineAnswer): LineEntry[] {
    const known = new Map(outcomes.map((outcome) => [outcome.n, outcome]));
    const told: LineEntry[] = [];
    for (const entry of this.entries) {
      const outcome = entry.line === line ? known.get(entry.n) : undefined;
      if (outcome === undefined || entry.outcome !== null) continue;
      entry.outcome = this.#meaningOf(entry, outcome, epoch);
      told.push(entry);
    }
    return told;
  }

  #meaningOf(entry: LineEntry, outcome: LineOutcome, epoch: string): MutationOutcome {
    switch (outcome.type) {
      case "done":
        return { type: "done", answer: outcome.answer, position: { epoch, version: outcome.version } };
      case "refused":
        return { type: "refused", code: outcome.code, detail: outcome.detail };
      case "gone":
        return unknown(mutationKey(entry), "the server does not know any more what became of it");
    }
  }

  /**
   * Entries of a line without an outcome go on under a new one, in their order (rule U9b), but for what may have been done under the old
   * one, which is unknown. It returns the entries whose outcome that is.
   */
  beginAnew(line: string, id: string, mayBeDone: (entry: LineEntry) => boolean = () => false): LineEntry[] {
    const open = this.entries.filter((entry) => entry.outcome === null && entry.line === line);
    const lost = open.filter(mayBeDone);
    for (const entry of lost)
      entry.outcome = unknown(mutationKey(entry), "the server does not know this page's mutations any more");
    let last = 0;
    for (const entry of open.filter(({ outcome }) => outcome === null)) {
      entry.line = id;
      entry.n = last += 1;
      entry.wasSent = false;
      entry.isKept = false;
      entry.wasLost = false;
    }
    if (line === this.id) {
      this.id = id;
      this.#last = last;
    }
    return lost;
  }

  /**
   * All of a line up to `n` are in the state at `version`, or were refused (rule U11), but for those whose outcome is known here: the
   * authority keeps that no longer. It returns those that are shown over the state and are in it.
   */
  upTo({ line, n, version }: Pick<MutatedMessage, "line" | "n" | "version">): LineEntry[] {
    return this.entries.filter(
      (entry) => entry.isShown && entry.line === line && entry.n <= n && !takesEffectAfter(entry, version),
    );
  }

  /**
   * Another state has taken the place of the one before. What has no outcome is shown over it, and what this state has not come to yet, but
   * for what was said to be in it, and for what is not to be shown.
   */
  showAgain(said: ReadonlyMap<string, number>): void {
    for (const entry of this.entries) {
      const isThere = entry.n <= (said.get(entry.line) ?? 0);
      const isOpen = entry.outcome === null || entry.isWatched;
      if (isOpen && entry.isOptimistic && !entry.isDropped && !isThere) entry.isShown = true;
    }
  }

  /** Nothing is left to be known or shown of these. */
  tidy(): void {
    const left = this.entries.filter(({ outcome, isShown, isWatched }) => outcome === null || isShown || isWatched);
    if (left.length === this.entries.length) return;
    this.entries.splice(0, this.entries.length, ...left);
    this.#bytes = left.reduce((sum, { bytes }) => sum + bytes, 0);
  }
}

function takesEffectAfter({ outcome }: LineEntry, version: number): boolean {
  return outcome?.type === "done" && outcome.position.version > version;
}

/** It names a mutation, and the ids that its decision draws begin with it (rule U3). */
export function mutationKey({ line, n }: Pick<LineEntry, "line" | "n">): string {
  return `${line}.${n}`;
}

export function askedFor({ n, name, revision, args, isDropped }: LineEntry): AskedMutation {
  return isDropped ? { n, name: DROPPED, revision: 1, args: null } : { n, name, revision, args };
}

export function unknown(key: string, detail: string): MutationOutcome {
  return { type: "unknown", key, detail };
}
