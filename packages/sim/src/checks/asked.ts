/** Asked changes are what one call asks for: its changes as it gave them, not as they took effect. */

import type { AnyState, AskedChange, Change, JsonObject, JsonValue } from "@neverstale/protocol";
import type { Decide, Transaction } from "@neverstale/server";
import type { Models } from "../plan/releases.ts";

/** The changes are kept by space and in order. */
export class AskedChanges {
  /** This is the number of the decision among all. */
  decision = 0;
  readonly models: Models;
  readonly #removals: Removals;
  #changes = new Map<string, Change[]>();

  /** `models` are those of the release that is asked. */
  constructor(removals: Removals, models: Models) {
    this.models = models;
    this.#removals = removals;
  }

  get bySpace(): ReadonlyMap<string, readonly Change[]> {
    return this.#changes;
  }

  /** It returns a decision that decides the same, and notes what it asks for. */
  by<State extends AnyState>(decide: Decide<State>): Decide<State> {
    return (state, transaction) => {
      this.#removals.decisions += 1;
      this.decision = this.#removals.decisions;
      this.#changes = new Map();
      const decision = decide(state, this.#listening(transaction));
      this.#note("main", "changes" in decision ? decision.changes : decision);
      return decision;
    };
  }

  #listening(transaction: Transaction): Transaction {
    return {
      state: (space) => transaction.state(space),
      version: (space) => transaction.version(space),
      add: (space, changes) => {
        transaction.add(space, changes);
        this.#note(space, changes);
      },
      createSpace: (space, model) => transaction.createSpace(space, model),
      removeSpace: (space, options) => {
        transaction.removeSpace(space, options);
        this.#changes.delete(space);
        this.#removals.note(space);
      },
    };
  }

  /** The changes are copied, because a caller may do with its own afterwards what it likes. */
  #note(space: string, changes: readonly AskedChange[]): void {
    if (changes.length === 0) return;
    const asked = changes.map(copyOf);
    this.#changes.set(space, [...(this.#changes.get(space) ?? []), ...asked]);
  }
}

/** Removals know which decision was the last one to remove a space, and how many decisions there were. */
export class Removals {
  readonly #last = new Map<string, number>();
  decisions = 0;

  note(space: string): void {
    this.#last.set(space, this.decisions);
  }

  /** It is true when a later decision removed the space. What was done there before may never have been on disk. */
  isRemovedAfter(decision: number, space: string): boolean {
    return (this.#last.get(space) ?? 0) > decision;
  }
}

/** The simulator's callers ask with plain JSON, and leave no member undefined. */
function copyOf({ type, target, data = {} }: AskedChange): Change {
  return { type, target, data: structuredClone(data) as JsonObject };
}

/** It leaves out the members that are null, which mean the same as absent ones (rule S1). Lists are left as they are. */
export function withoutNulls(data: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(data)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, isObject(value) ? withoutNulls(value) : value]),
  );
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
