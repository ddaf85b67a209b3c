/*
 * What a newer agent may say and this server doesn't know, put so that all else of the same message still counts. Anything
 * else that is wrong is left for the schema behind it to refuse.
 */

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNewer(value: unknown, known: ReadonlySet<string>): boolean {
  return typeof value === "string" && !known.has(value);
}

/** A list without the objects whose `type` is not known. */
export function withoutNewerTypes(known: ReadonlySet<string>): (list: unknown) => unknown {
  return (list) => (Array.isArray(list) ? list.filter((item) => !(isObject(item) && isNewer(item.type, known))) : list);
}

/** Ops without those that need an argument of a type that is not known: nobody here could give it. */
export function withoutNewerOps(knownArgTypes: ReadonlySet<string>): (ops: unknown) => unknown {
  const needsNewer = (op: unknown) =>
    isObject(op) && Array.isArray(op.args) && op.args.some((arg) => isObject(arg) && isNewer(arg.type, knownArgTypes));
  return (ops) => (Array.isArray(ops) ? ops.filter((op) => !needsNewer(op)) : ops);
}

/** A word that is known, or what comes closest. */
export function knownWord(known: ReadonlySet<string>, otherwise: string): (word: unknown) => unknown {
  return (word) => (isNewer(word, known) ? otherwise : word);
}
