/** The mistakes with the state itself that the simulator must catch: its records, diffs, digests and lineage. */

import type { BrokenBuild } from "../broken-build.ts";

/** With this an edit keeps a note from one call to the next, beside an object. */
const AFTERWARDS = `
const firstOf = new WeakMap();
function isLater(of, one) {
  if (!firstOf.has(of)) firstOf.set(of, one);
  return firstOf.get(of) !== one;
}
`;

export const STATE_MISTAKES: readonly BrokenBuild[] = [
  {
    name: "the lineage row is written after the first client is served",
    item: "lineage row written after the first client is served",
    rule: "E1",
    by: { seed: 1 },
    edits: [
      {
        file: "server/src/space/space-draft.ts",
        find: "this.version >= firstVersion && !this.space.lineage.begun ?",
        replace: "this.version >= firstVersion && !this.space.lineage.begun && isLater(this.space, this) ?",
      },
      {
        file: "server/src/space/space-draft.ts",
        find: "function evictionRefused()",
        replace: `${AFTERWARDS}\nfunction evictionRefused()`,
      },
    ],
  },
  {
    name: "the digest is not updated on remove",
    item: "digest not updated on remove",
    rule: "P3",
    by: { seed: 1 },
    edits: [
      {
        file: "server/src/space/space.ts",
        find: "if (entry.summed !== null) this.#sum = subtractHash",
        replace: "if (entry.summed !== null && entry.record !== null) this.#sum = subtractHash",
      },
    ],
  },
  {
    name: "a diff forgets a record put and removed in between",
    item: "a diff that forgets a record put and removed in between",
    rule: "P1",
    by: { seed: 7 },
    edits: [
      {
        file: "server/src/space/space.ts",
        find: "  if (entry.record === null) {\n    moved.remove ??= [];",
        replace:
          "  if (entry.record === null && entry.created > from) return;\n  if (entry.record === null) {\n    moved.remove ??= [];",
      },
    ],
  },
  {
    name: "a stamped unset is left out of the diff",
    item: "an `unset` lost in a merge",
    note: "stamps on records replace merging ([decision 2](decisions/0002-diffs-from-field-stamps.md)), so it is lost where a diff is made of them",
    rule: "P1",
    by: { seed: 1 },
    edits: [{ file: "server/src/space/space.ts", find: "      unset.push(field);", replace: "" }],
  },
  {
    name: "a patch keeps only its first field",
    item: null,
    rule: "S1",
    by: { seed: 3 },
    edits: [
      {
        file: "protocol/src/model/change.ts",
        find: "  const { rule, id } = change;\n  const before",
        replace: `  const { rule, id } = change;
  if (rule.kind === "patch") change = { ...change, data: Object.fromEntries(Object.entries(change.data).slice(0, 1)) };
  const before`,
      },
    ],
  },
  {
    name: "a decision can edit a record that it is given",
    item: null,
    rule: "S1",
    by: { seed: 4 },
    edits: [
      {
        file: "protocol/src/json/take-json.ts",
        find: "return Object.freeze(takeOutermost(value, own, false, path));",
        replace: "return takeOutermost(value, own, false, path);",
      },
      {
        file: "protocol/src/json/take-json.ts",
        find: "undefined ? undefined : Object.freeze(taken);",
        replace: "undefined ? undefined : taken;",
      },
      {
        file: "protocol/src/diff/merge-patch.ts",
        find: "return Object.freeze(after);",
        replace: "return after;",
      },
    ],
  },
  {
    name: "a list that a caller gave is kept, not copied",
    item: null,
    rule: "P1",
    by: { seed: 16 },
    edits: [
      {
        file: "protocol/src/json/take-json.ts",
        find: "  return Object.freeze(taken);",
        replace: "  return items as readonly JsonValue[];",
      },
    ],
  },
  {
    name: "the newest record is evicted instead of the oldest",
    item: null,
    rule: "S3",
    by: { seed: 1 },
    edits: [
      {
        file: "server/src/space/keep-index.ts",
        find: "this.steps += 1;\n    return this.#oldest;",
        replace: "this.steps += 1;\n    return this.#newest;",
      },
    ],
  },
];
