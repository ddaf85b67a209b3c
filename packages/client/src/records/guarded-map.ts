/** A guarded map is one that its readers can't alter. */

/** `set`, `delete` and `clear` throw unless `mayWrite` returns true. To readers it is a `Map` like any other. */
export function guardedMap<K, V>(mayWrite: () => boolean): Map<K, V> {
  const map = new Map<K, V>();
  const guarded = <Method extends (...given: never[]) => unknown>(method: Method) => ({
    value: (...given: Parameters<Method>) => {
      if (!mayWrite()) throw new TypeError("the records of a replica are read only: they are altered by changes alone");
      return method.apply(map, given);
    },
  });
  return Object.defineProperties(map, {
    set: guarded(map.set),
    delete: guarded(map.delete),
    clear: guarded(map.clear),
  });
}
