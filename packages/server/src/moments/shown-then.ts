/** Whoever sees a part of a space sees of its past what he could see then and may see now. */

import {
  addHash,
  formatDigest,
  type GrantedView,
  recordHash,
  type StateRecord,
  throughLens,
  ZERO_HASH,
} from "@neverstale/protocol";
import type { Capture } from "../space/readable.ts";
import type { Space } from "../space/space.ts";
import { keysNow } from "../space/views/moved-keys.ts";
import type { Turn } from "./turn.ts";

/**
 * A record is shown by the keys that it had then, and by those that it has today. One that is gone has those that the model's
 * functions give it today: a record that has its keys of another one has none where that one is gone. The view is today's.
 */
export async function shownThen(past: Space, live: Space, view: GrantedView, turn: Turn): Promise<Capture> {
  let sum = ZERO_HASH;
  let looked = 0;
  const collections: Capture["collections"][number][] = [];
  for (const name of Object.keys(past.model.collections)) {
    const records: StateRecord[] = [];
    for (const { id, record, shown } of past.entries(name)) {
      looked += 1;
      if (looked % RECORDS_A_LOOK === 0) await turn.next();
      const then = record === null ? null : view.lens(name, shown?.set?.keys ?? []);
      const now = record === null || then === null ? null : view.lens(name, keysNow(live, name, id, record));
      if (record === null || then === null || now === null) continue;
      const seen = throughLens(throughLens(record, then), now);
      sum = addHash(sum, recordHash(name, id, seen));
      records.push(seen);
    }
    collections.push({ name, records });
  }
  return { version: past.head, digest: formatDigest(sum), collections };
}

/** The clock is looked at after so many records. */
const RECORDS_A_LOOK = 32;

/** It returns all of it, but for collections that the model has no more. */
export function wholeThen(past: Space): Capture {
  const { version, digest, collections } = past.capture();
  return {
    version,
    digest,
    collections: collections.filter(({ name }) => Object.hasOwn(past.model.collections, name)),
  };
}
