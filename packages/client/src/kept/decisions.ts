/** Each reading, writing and deletion where replicas are kept is decided here (rules X8 and X9). */

import type { Millis } from "@neverstale/base";
import type { Doomed, FoundKept, KeptMeta, PlaceStep } from "./place.ts";

/** All that one database holds, in bytes of UTF-8. */
export const MOST_BYTES = 64 * 1024 * 1024;
/** So many replicas are kept in one database. */
export const MOST_REPLICAS = 64;
/** A replica that was not confirmed for so long is not shown any more. */
export const LONGEST_KEPT_MS: Millis = 7 * 24 * 60 * 60 * 1000;
/** A page that finds that another one has written leaves it to that one for as long as it goes on. */
export const LEFT_TO_OTHERS_MS: Millis = 60_000;

export interface KeptAsking {
  readonly key: string;
  readonly user: string;
  readonly wall: number;
}

/**
 * A page begins. What must be deleted, what belongs to another user and what is too old goes. It returns what is left of this replica,
 * or null, beside the step.
 */
export function openStep(
  found: FoundKept,
  { key, user, wall }: KeptAsking,
  doomed: Doomed,
): [KeptMeta | null, PlaceStep] {
  const isGone = (meta: KeptMeta) =>
    doomed === "all" || doomed.includes(meta.key) || meta.user !== user || isTooOld(meta, wall);
  const drop = found.metas.filter(isGone).map((meta) => meta.key);
  const beginsEra = doomed === "all" || found.metas.some((meta) => meta.user !== user);
  const mine = found.metas.find((meta) => meta.key === key && !drop.includes(key)) ?? null;
  return [mine, { drop, ...(beginsEra ? { era: found.era + 1 } : {}) }];
}

/** A clock that was set back makes an age that nobody knows. */
function isTooOld({ confirmedAt }: KeptMeta, wall: number): boolean {
  return wall - confirmedAt > LONGEST_KEPT_MS || confirmedAt - wall > LONGEST_KEPT_MS;
}

/** Null stands for all. */
export function forgetStep(found: FoundKept, key: string | null): PlaceStep {
  if (key !== null) return { drop: [key] };
  return { drop: found.metas.map((meta) => meta.key), era: found.era + 1 };
}

export interface KeptWriting {
  readonly meta: KeptMeta;
  readonly texts: ReadonlyMap<number, string | null>;
  /** The era in which the page began. */
  readonly era: number;
  /** The texts are those that moved since what has this stamp was written. Null: they are all there are. */
  readonly base: string | null;
  /** The page has kept this replica before: if nothing is there now, it was deleted. */
  readonly wasKept: boolean;
}

export type Written =
  | "written"
  /** It was deleted: this page keeps nothing any more. */
  | "forgotten"
  /** Another page keeps it. */
  | "left"
  /** Another page has written and does so no more: all there is has to be written. */
  | "all"
  /** It is larger than all that may be kept. */
  | "too_large";

/** A page writes what moved, unless another page has written since: two that mix their records would keep a state that never was. */
export function writeStep(found: FoundKept, { meta, texts, era, base, wasKept }: KeptWriting): [Written, PlaceStep] {
  const there = found.metas.find(({ key }) => key === meta.key);
  if (found.era !== era || (wasKept && there === undefined)) return ["forgotten", {}];
  if (there !== undefined && there.stamp !== base) {
    const age = meta.writtenAt - there.writtenAt;
    if (wasKept && age >= 0 && age < LEFT_TO_OTHERS_MS) return ["left", {}];
    if (base !== null) return ["all", {}];
  }
  if (meta.bytes > MOST_BYTES) return ["too_large", { drop: [meta.key] }];
  return ["written", { write: { meta, texts }, drop: tooMany(found.metas, meta) }];
}

/** Those that were written longest ago make room. */
function tooMany(metas: readonly KeptMeta[], added: KeptMeta): string[] {
  const others = metas.filter(({ key }) => key !== added.key).sort((a, b) => b.writtenAt - a.writtenAt);
  let [count, bytes] = [1, added.bytes];
  return others
    .filter((meta) => {
      count += 1;
      bytes += meta.bytes;
      return count > MOST_REPLICAS || bytes > MOST_BYTES;
    })
    .map(({ key }) => key);
}
