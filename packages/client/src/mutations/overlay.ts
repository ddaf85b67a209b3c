/** The overlay lays the effects of mutations that are pending over the records of the authority, which it can give back (rule U10). */

import {
  type AskedChange,
  effectOf,
  type Model,
  type MutationVerdict,
  type StateRecord,
  sameJson,
} from "@neverstale/protocol";
import type { ReplicaRecords } from "../records/replica-records.ts";
import { decideHere, requireSameAgain } from "./decide-here.ts";
import type { LineEntry } from "./line.ts";

export class Overlay {
  readonly #records: ReplicaRecords;
  /** These records are laid over others now. */
  #laid: Laid[] = [];
  /** These records of the authority were shown, and others take their place. */
  readonly #replaced = new Map<string, StateRecord | undefined>();
  /** Readers have seen these, where something was laid before it was lifted. */
  readonly #seen = new Map<string, Seen>();
  #isLifted = false;
  #isDeciding = false;
  readonly #concerns = new Map<LineEntry, RecordName[]>();

  constructor(records: ReplicaRecords) {
    this.#records = records;
  }

  /** These records an entry has changed, as it is laid now. */
  concernsOf(entry: LineEntry): readonly RecordName[] {
    return this.#concerns.get(entry) ?? [];
  }

  /** A decision is being made: what is shown is half laid, and nobody may ask for anything. */
  get isDeciding(): boolean {
    return this.#isDeciding;
  }

  /** The records are those of the authority from here on. */
  lift(): void {
    this.#requireUndecided();
    if (this.#isLifted) return;
    this.#isLifted = true;
    for (const { collection, id } of this.#laid)
      this.#seen.set(nameOf(collection, id), { collection, id, shown: this.#records.state[collection]?.get(id) });
    this.#concerns.clear();
    this.#takeBack(0);
  }

  /** A message is about to put others in the place of these records. Of what is noted first, readers have seen it. */
  replacing(collection: string, ids: Iterable<string>): void {
    for (const id of ids) {
      const name = nameOf(collection, id);
      if (!this.#replaced.has(name)) this.#replaced.set(name, this.#records.state[collection]?.get(id));
    }
  }

  /**
   * Each is decided on what those before it have left. Readers see what has changed by it since they saw it last. It returns false
   * where all is laid already.
   */
  lay(entries: readonly LineEntry[]): boolean {
    this.#requireUndecided();
    if (!this.#isLifted) return false;
    for (const entry of entries) this.#layOne(entry);
    this.#isLifted = false;
    this.#compare();
    this.#seen.clear();
    this.#replaced.clear();
    return true;
  }

  /**
   * Lays one more over those that are laid, and returns how it was decided, or null where that threw. With `twice` it throws for
   * a decision that does not come out the same twice.
   */
  layMore(entry: LineEntry, twice: boolean): MutationVerdict | null {
    if (twice) this.#deciding(() => requireSameAgain(entry, this.#records.shown));
    const before = this.#laid.length;
    const verdict = this.#layOne(entry);
    for (const { collection, id } of this.#laid.slice(before)) this.#records.noteMoved(collection, id);
    return verdict;
  }

  #layOne(entry: LineEntry): MutationVerdict | null {
    const before = this.#laid.length;
    let verdict: MutationVerdict | null = null;
    try {
      verdict = this.#deciding(() => decideHere(entry, this.#records.shown));
      if (verdict.type === "changes" && entry.mutation !== null) this.#carryOut(entry.mutation.model, verdict.changes);
    } catch {
      this.#takeBack(before); // It shows nothing, and stays in line: the server decides.
    }
    const concerned = this.#laid.slice(before).map(({ collection, id }) => ({ collection, id }));
    if (concerned.length > 0) this.#concerns.set(entry, concerned);
    return verdict;
  }

  #deciding<T>(decide: () => T): T {
    this.#isDeciding = true;
    try {
      return decide();
    } finally {
      this.#isDeciding = false;
    }
  }

  #requireUndecided(): void {
    if (this.#isDeciding)
      throw new Error("a decision asks its replica for nothing: it has its state, arguments and context");
  }

  #carryOut(model: Model, changes: readonly AskedChange[]): void {
    const read = (collection: string, id: string) => this.#records.state[collection]?.get(id);
    for (const change of changes) {
      const { collection, id, after, moved } = effectOf(model, change, read);
      if (!moved) continue;
      this.#laid.push({ collection, id, below: read(collection, id) });
      this.#records.lay(collection, id, after ?? undefined);
    }
  }

  #takeBack(length: number): void {
    for (const { collection, id, below } of this.#laid.splice(length).reverse())
      this.#records.lay(collection, id, below);
  }

  /** A record that is equal to the one that was seen is the same object (rule U13), whichever of the two is the authority's. */
  #compare(): void {
    for (const { collection, id, below } of this.#laid) {
      const name = nameOf(collection, id);
      if (this.#seen.has(name)) continue;
      const shown = this.#replaced.has(name) ? this.#replaced.get(name) : below;
      this.#seen.set(name, { collection, id, shown });
    }
    for (const { collection, id, shown } of this.#seen.values()) {
      const now = this.#records.state[collection]?.get(id);
      if (now === shown) continue;
      if (now !== undefined && sameJson(shown, now)) this.#records.lay(collection, id, shown);
      else this.#records.noteMoved(collection, id);
    }
  }
}

export interface RecordName {
  readonly collection: string;
  readonly id: string;
}

interface Laid extends RecordName {
  /** This record is under it, and goes back there. */
  readonly below: StateRecord | undefined;
}

interface Seen extends RecordName {
  readonly shown: StateRecord | undefined;
}

function nameOf(collection: string, id: string): string {
  return `${collection}\0${id}`;
}
