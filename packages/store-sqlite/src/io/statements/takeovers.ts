/** Takeovers are read from the rows of the chain that have a model. */

import type { TakeoverEntry } from "@neverstale/server/store";

export const TAKEOVERS = `
  SELECT sequence, own.epoch AS term, before.epoch AS termBefore, at, age_at AS ageAt, address, model
  FROM chain JOIN epochs AS own ON own.position = term LEFT JOIN epochs AS before ON before.position = term_before
  WHERE model IS NOT NULL`;

export function takeoverOf(row: Omit<TakeoverEntry, "type">): TakeoverEntry {
  return { type: "takeover", ...row };
}
