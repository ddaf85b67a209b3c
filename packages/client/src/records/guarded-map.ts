/** A guarded map is one that its readers can't alter. */

/** `set`, `delete` and `clear` throw unless `mayWrite` returns true. To readers it is a `Map` like any other. */
export function guardedMap<K, V>(mayWrite: () => boolean): Map<K, V> {
  const map = new Map<K, V>();
  for (const name of ["set", "delete", "clear"] as const) {
    const method = map[name].bind(map) as (...given: unknown[]) => unknown;
    const value = (...given: unknown[]) => {
      if (!mayWrite()) throw new TypeError("a replica is read only: changes alone alter it");
      return method(...given);
    };
    Object.defineProperty(map, name, { value });
  }
  return map;
}
