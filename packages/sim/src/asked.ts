import type { AnyState, Change, JsonObject, JsonValue } from "@neverstale/protocol";
import type { Decide, Transaction } from "@neverstale/server";

/** What one call asks for: its changes as it gave them, not as they took effect, by space and in order. */
export class Asked {
  /** When the call was made. */
  readonly at: number;
  #changes = new Map<string, Change[]>();

  constructor(at: number) {
    this.at = at;
  }

  get bySpace(): ReadonlyMap<string, readonly Change[]> {
    return this.#changes;
  }

  /** The same decision, listened to. */
  by<State extends AnyState>(decide: Decide<State>): Decide<State> {
    return (state, transaction) => {
      this.#changes = new Map();
      const decision = decide(state, this.#listening(transaction));
      this.#note("main", "changes" in decision ? decision.changes : decision);
      return decision;
    };
  }

  #listening(transaction: Transaction): Transaction {
    return {
      state: (space) => transaction.state(space),
      add: (space, changes) => {
        transaction.add(space, changes);
        this.#note(space, changes);
      },
      removeSpace: (space) => {
        transaction.removeSpace(space);
        this.#changes.delete(space);
      },
    };
  }

  #note(space: string, changes: readonly Change[]): void {
    if (changes.length === 0) return;
    this.#changes.set(space, [...(this.#changes.get(space) ?? []), ...changes]);
  }
}

/** The data of a change without what means the same as being absent (rule S1); lists are values of their own. */
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
