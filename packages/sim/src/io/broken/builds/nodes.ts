/** These broken builds hold mistakes of a node that is one of several: what it applies, takes for its own, and lets others see. */

import type { BrokenBuild } from "../broken-build.ts";

export const NODE_MISTAKES: readonly BrokenBuild[] = [
  {
    name: "a node goes on in the epoch before a takeover",
    item: "the epoch is kept over a takeover",
    rule: "N2",
    by: { seed: 3 },
    edits: [
      {
        file: "server/src/node/history/chain-state.ts",
        find: "    this.spaces.epochs.begin(entry.term);\n",
        replace: "",
      },
    ],
  },
  {
    name: "a push is taken by its sequence alone",
    item: null,
    rule: "E7",
    by: { seed: 21 },
    edits: [
      {
        file: "server/src/node/history/chain-state.ts",
        find: "return sequence === (this.place?.sequence ?? 0) + 1 && termBefore === (this.place?.term ?? null);",
        replace: 'return sequence === (this.place?.sequence ?? 0) + 1 && termBefore !== "";',
      },
    ],
  },
  {
    name: "a node does not look for its own entry",
    item: null,
    rule: "P6",
    by: { seed: 6 },
    edits: [
      {
        file: "server/src/node/history/following.ts",
        find: 'if (entries === "trimmed" || (place !== null && !isSame(entries[0], place))) return "lost";',
        replace: 'if (entries === "trimmed") return "lost";',
      },
    ],
  },
  {
    name: "a node that has reloaded serves at once",
    item: "N9 that serves at once",
    rule: "N9",
    by: { seed: 37 },
    edits: [
      {
        file: "server/src/node/history/following.ts",
        find: "    this.state = state;\n    return before;",
        replace: "    this.state = state;\n    this.isServing = true;\n    return before;",
      },
    ],
  },
  {
    name: "clients stay connected while a node reads everything anew",
    item: null,
    rule: "A1",
    by: { seed: 6 },
    edits: [
      {
        file: "server/src/node/history/following.ts",
        find: "    if (this.isServing) feed.interrupt();\n",
        replace: "",
      },
    ],
  },
  {
    name: "a node does not say that rows were lost which it has folded",
    item: "a fold that does not look for the one before",
    rule: "N1",
    by: { seed: 459 },
    edits: [
      {
        file: "server/src/store/memory-database.ts",
        find: "      if (space.foldedVersion < fold.after) throw new RowsLost();\n",
        replace: "",
      },
    ],
  },
  {
    name: "a group whose outcome is unknown counts as stored with the next takeover",
    item: null,
    rule: "P6",
    by: { seed: 290 },
    edits: [
      {
        file: "server/src/node/doubtful-groups.ts",
        find: "if (found === true) group.resolve();",
        replace: "if (found !== undefined) group.resolve();",
      },
    ],
  },
  {
    name: "a call without a key is sent again when its answer is lost",
    item: null,
    rule: "D1",
    by: { seed: 36 },
    edits: [
      {
        file: "server/src/node/node-calls.ts",
        find: "if (isLine(call) || call.options.key !== undefined) return error;",
        replace: "return error;",
      },
    ],
  },
];
