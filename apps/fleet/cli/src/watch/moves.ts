/** A move is one record that is no longer what it was. */

import { type AnyState, type JsonValue, type StateRecord, sameJson } from "@neverstale/protocol";
import { plainJson } from "../terminal/plain-text.ts";

export interface Move {
  readonly collection: string;
  readonly id: string;
  /** Null means that the record is new. */
  readonly before: StateRecord | null;
  /** Null means that the record is gone. */
  readonly after: StateRecord | null;
}

/** The shadow remembers the records as they were at the last look. A record that did not change is the same object. */
export class Shadow {
  readonly #collections = new Map<string, Map<string, StateRecord>>();

  /** Returns what moved since the last call, in the order of the collections. `names` are those of the state's collections. */
  moves(state: AnyState, names: readonly string[]): Move[] {
    return names.flatMap((name) => this.#movesOf(name, state[name] ?? new Map()));
  }

  #movesOf(collection: string, records: ReadonlyMap<string, StateRecord>): Move[] {
    const seen = this.#collections.get(collection) ?? new Map<string, StateRecord>();
    this.#collections.set(collection, seen);
    const moves: Move[] = [];
    for (const [id, after] of records) {
      const before = seen.get(id) ?? null;
      if (before === after) continue;
      moves.push({ collection, id, before, after });
      seen.set(id, after);
    }
    for (const [id, before] of seen) {
      if (records.has(id)) continue;
      moves.push({ collection, id, before, after: null });
      seen.delete(id);
    }
    return moves;
  }
}

/** Returns a move on one line, as a person reads it: `hosts/web-1 online: true -> false`. */
export function lineOf({ collection, id, before, after }: Move): string {
  if (after === null) return `- ${collection}/${id}`;
  if (before === null) return `+ ${collection}/${id} ${plainJson(JSON.stringify(withoutId(after)))}`;
  return `~ ${collection}/${id} ${changedFields(before, after).join(", ")}`;
}

/** Returns a move on one line, as a program reads it. */
export function jsonOf({ collection, id, before, after }: Move, version: number): string {
  const change = after === null ? "removed" : before === null ? "added" : "changed";
  return plainJson(JSON.stringify({ version, change, collection, id, ...(after !== null && { record: after }) }));
}

function changedFields(before: StateRecord, after: StateRecord): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names]
    .filter((name) => !sameJson(before[name], after[name]))
    .map((name) => `${name}: ${shown(before[name])} -> ${shown(after[name])}`);
}

function shown(value: JsonValue | undefined): string {
  return value === undefined ? "nothing" : plainJson(JSON.stringify(value));
}

function withoutId(record: StateRecord): object {
  const { id: _, ...rest } = record;
  return rest;
}
