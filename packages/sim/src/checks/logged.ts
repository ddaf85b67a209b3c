import type { Change, JsonObject, JsonValue } from "@neverstale/protocol";

/** The changes of a group as the log holds them, read without the authority's own reader. */
export function loggedChanges(text: string): Change[] {
  const [first, ...others] = JSON.parse(text) as (Change | [string, string[], ...JsonValue[]])[];
  // What the types were when they were stored comes first; before the log said it, a change or a run did.
  const saysTypes = Array.isArray(first) && typeof first[0] !== "string";
  const entries = saysTypes || first === undefined ? others : [first, ...others];
  return entries.flatMap((entry) => {
    if (!Array.isArray(entry)) return [entry];
    const [type, keys, ...cells] = entry;
    const rows = cells.length / (keys.length + 1);
    return Array.from({ length: rows }, (_, row) => {
      const [target, ...values] = cells.slice(row * (keys.length + 1), (row + 1) * (keys.length + 1));
      const data = Object.fromEntries(keys.map((key, index) => [key, values[index]])) as JsonObject;
      return { type, target: target as string, data };
    });
  });
}
