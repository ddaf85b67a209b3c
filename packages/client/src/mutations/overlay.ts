/** The overlay lays the effects of mutations that are pending over the records of the authority, which it can give back (rule U10). */

import {
  type AnyState,
  type AskedChange,
  decideMutation,
  effectOf,
  type Model,
  type MutationContext,
  type MutationVerdict,
  type StateRecord,
  sameJson,
} from "@neverstale/protocol";
import type { ReplicaRecords } from "../records/replica-records.ts";
import { type LineEntry, mutationKey } from "./line.ts";

/** So a decision is made here: by whom, and when. */
export interface Deciding {
  readonly user: string;
  /** In milliseconds since 1970. */
  readonly now: number;
}

export class Overlay {
  readonly #records: ReplicaRecords;
  /** These records are laid over others now. */
  #laid: Laid[] = [];
  /** Readers have seen these, where something was laid before it was lifted. */
  readonly #seen = new Map<string, Seen>();
  #isLifted = false;
  readonly #concerns = new Map<LineEntry, RecordName[]>();

  constructor(records: ReplicaRecords) {
    this.#records = records;
  }

  /** These records an entry has changed, as it is laid now. */
  concernsOf(entry: LineEntry): readonly RecordName[] {
    return this.#concerns.get(entry) ?? [];
  }

  /** The records are those of the authority from here on. */
  lift(): void {
    if (this.#isLifted) return;
    this.#isLifted = true;
    for (const { collection, id } of this.#laid)
      this.#seen.set(nameOf(collection, id), { collection, id, shown: this.#records.state[collection]?.get(id) });
    this.#concerns.clear();
    this.#takeBack(0);
  }

  /**
   * Each is decided on what those before it have left. Readers see what has changed by it since they saw it last. It returns false
   * where all is laid already.
   */
  lay(entries: readonly LineEntry[], deciding: Deciding): boolean {
    if (!this.#isLifted) return false;
    for (const entry of entries) this.#layOne(entry, deciding);
    this.#isLifted = false;
    this.#compare();
    this.#seen.clear();
    return true;
  }

  #layOne(entry: LineEntry, deciding: Deciding): void {
    const before = this.#laid.length;
    try {
      const verdict = decideAt(entry, this.#records.shown, deciding);
      if (verdict.type === "changes") this.#carryOut(entry.mutation.model, verdict.changes);
    } catch {
      this.#takeBack(before); // It shows nothing, and stays in line: the server decides.
    }
    const concerned = this.#laid.slice(before).map(({ collection, id }) => ({ collection, id }));
    if (concerned.length > 0) this.#concerns.set(entry, concerned);
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
      if (!this.#seen.has(name)) this.#seen.set(name, { collection, id, shown: below });
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

/** It decides as the server will, as far as the state here goes. It throws what the decision throws. */
export function decideAt(entry: LineEntry, state: AnyState, { user, now }: Deciding): MutationVerdict {
  let ids = 0;
  const newId = () => `${mutationKey(entry)}.${++ids}`;
  const context: MutationContext = { user, rights: null, now, newId, transaction: null };
  const { mutation, args } = entry;
  return decideMutation(mutation, { args, revision: mutation.revision }, state, context);
}
