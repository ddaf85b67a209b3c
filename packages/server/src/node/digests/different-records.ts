/** Different records are those that a node held in another form than they are stored in. */

import { canonicalJson } from "@neverstale/protocol";
import type { Space } from "../../space/space.ts";

/** The store may have gone on meanwhile, so only those records count that have not moved since what was held. */
export function differentRecords(held: Space, stored: Space): DifferentRecords {
  const first: DifferentRecords["first"][number][] = [];
  let count = 0;
  const note = (collection: string, id: string) => {
    count += 1;
    if (first.length < FIRST) first.push({ collection, id });
  };
  for (const [collection, records] of Object.entries(stored.state)) {
    for (const [id, record] of records) {
      const version = stored.entry(collection, id)?.version ?? 0;
      if (version > held.head) continue;
      const own = held.entry(collection, id)?.record ?? null;
      if (own === null || canonicalJson(own) !== canonicalJson(record)) note(collection, id);
    }
  }
  if (stored.head !== held.head) return { count, first };
  for (const [collection, records] of Object.entries(held.state))
    for (const id of records.keys()) if (stored.entry(collection, id) === null) note(collection, id);
  return { count, first };
}

export interface DifferentRecords {
  readonly count: number;
  /** These are the first 20 of them. */
  readonly first: readonly { readonly collection: string; readonly id: string }[];
}

const FIRST = 20;
