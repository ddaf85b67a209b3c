/** The Yjs document holds a map of maps, one for each record. */

import * as Y from "yjs";
import type { BenchRecord } from "../../harness/records.ts";

export const DOCUMENT_NAME = "bench";

export function hostsOf(document: Y.Doc): Y.Map<Y.Map<unknown>> {
  return document.getMap<Y.Map<unknown>>("hosts");
}

export function toSharedMap(record: BenchRecord): Y.Map<unknown> {
  return new Y.Map(Object.entries(record));
}

export function recordsOfDocument(document: Y.Doc): BenchRecord[] {
  return [...hostsOf(document).values()].map((host) => host.toJSON() as BenchRecord);
}
