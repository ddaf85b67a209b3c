/** Two values have the same content when their lists and plain objects hold the same. */

/** After so many comparisons two values count as different, as to render once more costs less than to go on. */
const COMPARED_AT_MOST = 1_000;

/**
 * It compares lists and plain objects by their members, and everything else by identity. A selector that makes a new list of
 * the same records has selected nothing new.
 */
export function sameContent(a: unknown, b: unknown): boolean {
  let left = COMPARED_AT_MOST;
  const same = (a: unknown, b: unknown): boolean => {
    if (Object.is(a, b)) return true;
    if (left-- <= 0) return false;
    if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, at) => same(item, b[at]));
    if (!isPlain(a) || !isPlain(b)) return false;
    const names = Object.keys(a);
    return (
      names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && same(a[name], b[name]))
    );
  };
  return same(a, b);
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
