/** A newer agent may say what this server doesn't know: that is put here so that the rest of its message still counts. */

/* Whatever else is wrong in a message is left for the schema behind this to refuse. */

/** It leaves out the objects of a list whose `type` is not known. */
export function withoutNewerTypes(known: ReadonlySet<string>): (list: unknown) => unknown {
  return (list) => (Array.isArray(list) ? list.filter((item) => !(isObject(item) && isNewer(item.type, known))) : list);
}

/** It leaves out the ops that need an argument of a type that is not known: nobody here could give it. */
export function withoutNewerOps(knownArgTypes: ReadonlySet<string>): (ops: unknown) => unknown {
  const needsNewer = (op: unknown) =>
    isObject(op) && Array.isArray(op.args) && op.args.some((arg) => isObject(arg) && isNewer(arg.type, knownArgTypes));
  return (ops) => (Array.isArray(ops) ? ops.filter((op) => !needsNewer(op)) : ops);
}

/** It puts what comes closest in the place of a word that is not known. */
export function knownWord(known: ReadonlySet<string>, otherwise: string): (word: unknown) => unknown {
  return (word) => (isNewer(word, known) ? otherwise : word);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNewer(value: unknown, known: ReadonlySet<string>): boolean {
  return typeof value === "string" && !known.has(value);
}
