/** The log's text is read here without the authority's own reader. */

import type { Change, JsonObject, JsonValue } from "@neverstale/protocol";

/** It returns the changes of a group as the log holds them. */
export function loggedChanges(text: string): Change[] {
  const [first, ...others] = JSON.parse(text) as (Change | [string, string[], ...JsonValue[]])[];
  // The types as they were when they were stored come first. An older log begins with a change or a run of changes.
  const saysTypes = Array.isArray(first) && typeof first[0] !== "string";
  const entries = saysTypes || first === undefined ? others : [first, ...others];
  return entries.flatMap((entry) => {
    if (!Array.isArray(entry)) return "keyMoves" in entry ? [] : [entry];
    const [type, keys, ...cells] = entry;
    const rows = cells.length / (keys.length + 1);
    return Array.from({ length: rows }, (_, row) => {
      const [target, ...values] = cells.slice(row * (keys.length + 1), (row + 1) * (keys.length + 1));
      const data = Object.fromEntries(keys.map((key, index) => [key, values[index]])) as JsonObject;
      return { type, target: target as string, data };
    });
  });
}
