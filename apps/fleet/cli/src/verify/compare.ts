/** A replica's state is compared with the authority's. */

import { type AnyState, type JsonObject, type StateRecord, sameJson, type WireState } from "@neverstale/protocol";

/** A record differs when it is not the same on both sides. */
export interface Difference {
  readonly collection: string;
  readonly id: string;
  /** Null means that the replica has none. */
  readonly replica: JsonObject | null;
  /** Null means that the authority has none. */
  readonly authority: JsonObject | null;
}

/** Compares record by record. The result is empty when the two are one state. */
export function compareStates(replica: AnyState, authority: WireState): Difference[] {
  const names = new Set([...Object.keys(replica), ...Object.keys(authority)]);
  return [...names].flatMap((collection) => {
    const theirs = new Map((authority[collection] ?? []).map((record) => [record.id, record]));
    return compareCollection(collection, replica[collection] ?? new Map(), theirs);
  });
}

type Records = ReadonlyMap<string, StateRecord>;

function compareCollection(collection: string, ours: Records, theirs: Records): Difference[] {
  const ids = new Set([...ours.keys(), ...theirs.keys()]);
  return [...ids].flatMap((id) => {
    const [replica, authority] = [ours.get(id) ?? null, theirs.get(id) ?? null];
    return replica !== null && authority !== null && sameJson(replica, authority)
      ? []
      : [{ collection, id, replica, authority }];
  });
}

/** Keeps the state as it is now. Records are replaced, never altered, so that only the maps have to be copied. */
export function copyOf(state: AnyState, names: readonly string[]): AnyState {
  return Object.fromEntries(names.map((name) => [name, new Map(state[name])]));
}
