/** Mistakes about what is stored: bounds of the tables, releases that follow each other, and sizes. */

import type { BrokenBuild } from "../broken-build.ts";

export const DATA_MISTAKES: readonly BrokenBuild[] = [
  {
    name: "what a fold noted for its taking back is never trimmed",
    item: null,
    rule: "A10",
    by: { seed: 1 },
    edits: [
      {
        file: "store-sqlite/src/sliced/steps/trimmer.ts",
        find: "this.#counting(this.#ofUndo() ??",
        replace: "this.#counting(",
      },
    ],
  },
  {
    name: "trimming ends after so much a fold, whatever is due",
    item: null,
    rule: "A10",
    by: { seed: 2 },
    edits: [
      {
        file: "store-sqlite/src/sliced/folding.ts",
        find: "if (left === null) continue;",
        replace: "if (left === null) return;",
      },
    ],
  },
  {
    name: "the history is kept beyond its rows",
    item: null,
    rule: "A10",
    by: { seed: 5 },
    edits: [
      {
        file: "store-sqlite/src/sliced/steps/trimmer.ts",
        find: "const most = counters.position - row.position >= historyRows;",
        replace: "const most = historyRows < 0;",
      },
    ],
  },
  {
    name: "a fold that was cut short is not taken back",
    item: null,
    rule: "P1",
    by: { seed: 112 },
    edits: [
      {
        file: "store-sqlite/src/sliced/steps/read-contents.ts",
        find: "connection.transaction(() => undoFolds(connection.tables.folds));",
        replace: "if (connection === null) undoFolds(connection);",
      },
    ],
  },
  {
    name: "what is not folded yet is trimmed from the log",
    item: null,
    rule: "P3",
    by: { seed: 11 },
    edits: [
      {
        file: "store-sqlite/src/sliced/steps/trimmer.ts",
        find: "return isDue && row.lastVersion <= folded(row.spaceId);",
        replace: "return isDue && (most || row.lastVersion <= folded(row.spaceId));",
      },
    ],
  },
  {
    name: "a commit is not forced to disk",
    item: null,
    rule: "P3",
    by: { seed: 1 },
    edits: [
      {
        file: "store-sqlite/src/sliced/steps/store-steps.ts",
        find: "return full.transaction(() => writeCommit(full.tables.commits, plan));",
        replace: "return this.#database.background.transaction(() => writeCommit(full.tables.commits, plan));",
      },
    ],
  },
  {
    name: "a lowered keep is not brought about at open",
    item: null,
    rule: "E6",
    by: { seed: 7 },
    edits: [
      {
        file: "server/src/authority/term/decider.ts",
        find: "await bringAboutKeep(parts);",
        replace: "if (given.spaces.limits.foldMs < 0) await bringAboutKeep(parts);",
      },
    ],
  },
  {
    name: "a group that can't be put together is an error that nobody catches",
    item: null,
    note: "putting it together fails from four evictions on, in the place of 120,000 arguments",
    rule: "crash",
    by: { seed: 3 },
    edits: [
      {
        file: "server/src/authority/deciding/group-draft.ts",
        find: "const history = drafts.flatMap((draft) => (draft.removed && !draft.archived ? [] : draft.history));",
        replace: `const history = drafts.flatMap((draft) => (draft.removed && !draft.archived ? [] : draft.history));
    if (history.length > 3) throw new RangeError("Maximum call stack size exceeded");`,
      },
      {
        file: "server/src/authority/writer.ts",
        find: "const commit = commitOf(group);",
        replace: "const commit = group.toCommit();",
      },
    ],
  },
  {
    name: "the log is read by today's model",
    item: null,
    rule: "P3",
    by: { seed: 2 },
    edits: [
      {
        file: "server/src/authority/opening/replay.ts",
        find: "Object.entries(rules ?? this.#space.model.changes)",
        replace: "Object.entries({ ...rules, ...this.#space.model.changes })",
      },
    ],
  },
  {
    name: "a change type that was dropped can't be read in the log",
    item: null,
    rule: "P3",
    by: { seed: 7 },
    edits: [
      {
        file: "server/src/authority/opening/replay.ts",
        find: "Object.entries(rules ?? this.#space.model.changes)",
        replace: "Object.entries(rules ?? {}).filter(([type]) => type in this.#space.model.changes)",
      },
    ],
  },
  {
    name: "a transaction may be as large as it likes",
    item: null,
    rule: "S8",
    by: { seed: 24 },
    edits: [
      {
        file: "server/src/limits/tally.ts",
        find: "if (this.#bytes + bytes > this.#maxBytes) {",
        replace: "if (this.#maxBytes < 0) {",
      },
    ],
  },
  {
    name: "a record may be as large as it likes",
    item: null,
    rule: "S8",
    by: { seed: 7 },
    edits: [
      {
        file: "server/src/limits/tally.ts",
        find: "if (bytes <= this.#limits.recordBytes || bytes <= bytesBefore) return;",
        replace: "if (bytes > 0) return;",
      },
    ],
  },
  {
    name: "an eviction looks for the oldest record among all that are kept",
    item: null,
    rule: "S3",
    by: { seed: 1 },
    edits: [
      {
        file: "server/src/space/keep-index.ts",
        find: "    this.steps += 1;\n    return this.#oldest;",
        replace: `    let at = this.#newest;
    for (this.steps += 1; at !== null && at.older !== null; this.steps += 1) at = at.older;
    return at;`,
      },
    ],
  },
  {
    name: "what was evicted stays in the list, and each eviction walks past it",
    item: null,
    rule: "S3",
    by: { seed: 2 },
    edits: [
      {
        file: "server/src/space/keep-index.ts",
        find: "if (before !== undefined) this.#unlink(before);",
        replace: "if (before !== undefined && record !== null) this.#unlink(before);",
      },
      {
        file: "server/src/space/keep-index.ts",
        find: "this.#link(before, older);",
        replace: "if (record !== null) this.#link(before, older);",
      },
      {
        file: "server/src/space/keep-index.ts",
        find: "    this.steps += 1;\n    return this.#oldest;",
        replace: `    let at = this.#oldest;
    for (this.steps += 1; at !== null && this.#kept.get(at.id) !== at; this.steps += 1) at = at.newer;
    return at;`,
      },
    ],
  },
];
