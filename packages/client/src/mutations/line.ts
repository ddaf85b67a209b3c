/** A line is the numbered list of what one page has asked for (rule U6). It decides what is sent next, and what an answer means. */

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
  readonly mutation: Mutation;
  readonly args: JsonValue;
  /** The wall clock said this here when it was asked for, and `now` was the time by the authority's. */
  readonly at: number;
  readonly now: number;
  /** It was asked for on behalf of this user. */
  readonly user: string;
  /** Its arguments take so many bytes as JSON. */
  readonly bytes: number;
  wasSent: boolean;
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
type Asked = Pick<LineEntry, "mutation" | "args" | "at" | "now" | "user" | "bytes" | "isOptimistic" | "settle">;

/** So many bytes of arguments go in one request at most, unless a single mutation has more. */
const REQUEST_BYTES = 64 * 1024;

export class MutationLine {
  id: string;
  /** They are in the order in which they were asked for. One goes when its outcome is known and it is shown no more. */
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
    const fresh = {
      wasSent: false,
      wasLost: false,
      isDropped: false,
      isWatched: false,
      isStranded: false,
      outcome: null,
    };
    const added: LineEntry = { ...asked, ...fresh, isShown: asked.isOptimistic, line: this.id, n: this.#last };
    this.entries.push(added);
    this.#bytes += asked.bytes;
    return added;
  }

  /** The newest entry is taken back, as if it had not been asked for. */
  takeBack(entry: LineEntry): void {
    this.entries.splice(this.entries.indexOf(entry), 1);
    this.#last -= 1;
    this.#bytes -= entry.bytes;
  }

  /** It returns what is to be asked now: the first that have no outcome, under the epoch that the page knows. Null: nothing is. */
  request(epoch: string): LineRequest | null {
    const asked: LineEntry[] = [];
    let bytes = 0;
    for (const entry of this.entries) {
      if (entry.outcome !== null) continue;
      bytes += entry.bytes;
      if (asked.length === MAX_MUTATIONS || (asked.length > 0 && bytes > REQUEST_BYTES)) break;
      asked.push(entry);
    }
    const [first] = asked;
    if (first === undefined) return null;
    return { line: this.id, epoch, acked: first.n - 1, mutations: asked.map(askedFor) };
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
  answered({ epoch, outcomes }: LineAnswer): LineEntry[] {
    const known = new Map(outcomes.map((outcome) => [outcome.n, outcome]));
    const told: LineEntry[] = [];
    for (const entry of this.entries) {
      const outcome = known.get(entry.n);
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
   * Entries without an outcome go on under a new line, in their order (rule U9b), but for what may have been done under the old one, which is
   * unknown. It returns the entries whose outcome that is.
   */
  beginAnew(id: string, mayBeDone: (entry: LineEntry) => boolean = () => false): LineEntry[] {
    const lost = this.entries.filter((entry) => entry.outcome === null && mayBeDone(entry));
    for (const entry of lost)
      entry.outcome = unknown(mutationKey(entry), "the server does not know this page's mutations any more");
    this.id = id;
    this.#last = 0;
    for (const entry of this.entries.filter(({ outcome }) => outcome === null)) {
      entry.line = id;
      entry.n = this.#last += 1;
      entry.wasSent = false;
      entry.wasLost = false;
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
  showAgain({ line, n }: Pick<MutatedMessage, "line" | "n">): void {
    for (const entry of this.entries) {
      const isThere = entry.line === line && entry.n <= n;
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
export function mutationKey({ line, n }: LineEntry): string {
  return `${line}.${n}`;
}

function askedFor({ n, mutation: { name, revision }, args, isDropped }: LineEntry): AskedMutation {
  return isDropped ? { n, name: DROPPED, revision: 1, args: null } : { n, name, revision, args };
}

export function unknown(key: string, detail: string): MutationOutcome {
  return { type: "unknown", key, detail };
}
