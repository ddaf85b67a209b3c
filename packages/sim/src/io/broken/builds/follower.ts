/** The mistakes of whoever serves followers that the simulator must catch. */

import type { BrokenBuild } from "../broken-build.ts";

export const FOLLOWER_MISTAKES: readonly BrokenBuild[] = [
  {
    name: "the beacon is outside the order",
    item: "beacon outside the order",
    rule: "A7",
    by: { seed: 3 },
    edits: [
      {
        file: "server/src/followers/fanout.ts",
        find: 'type: "sync", version: cursor.position, head, ...digest',
        replace: 'type: "sync", version: head, head, ...digest',
      },
    ],
  },
  {
    name: "resume without the lineage",
    item: "resume without the lineage",
    rule: "E3",
    by: { seed: 190 },
    edits: [
      {
        file: "server/src/followers/views/followed.ts",
        find: "space === creationId ? lineage.lastVersion(epoch, head) : null",
        replace: "space === creationId ? head : null",
      },
    ],
  },
  {
    name: "the version is read before the state",
    item: "version read before the state",
    rule: "P1",
    by: { seed: 4 },
    edits: [
      {
        file: "server/src/followers/frames/snapshots.ts",
        find: "const result = before.then(() => this.#run(build));",
        replace: "const early = this.#readable.head; const result = before.then(() => this.#run(build, early));",
      },
      {
        file: "server/src/followers/frames/snapshots.ts",
        find: "async #run(build: Build): Promise<Snapshot> {",
        replace: "async #run(build: Build, early: number): Promise<Snapshot> {",
      },
      {
        file: "server/src/followers/frames/snapshots.ts",
        find: "const capture = this.#readable.capture();",
        replace: "const capture = { ...this.#readable.capture(), version: early };",
      },
    ],
  },
  {
    name: "a snapshot below the cursor is sent as the answer",
    item: "a snapshot below the cursor sent as the answer",
    rule: "A8",
    by: { seed: 5 },
    edits: [
      {
        file: "server/src/followers/fanout.ts",
        find: "newest !== null && newest.version >= wanted.atLeast",
        replace: "newest !== null",
      },
      {
        file: "server/src/followers/cursor.ts",
        find: 'assert(version >= this.position, "a full state never takes a connection back (rule E5)");',
        replace: "",
      },
    ],
  },
  {
    name: "tombstones are trimmed between the check and the reading",
    item: "tombstones trimmed between the check of E2 and the reading of rows",
    rule: "P1",
    by: { seed: 5 },
    edits: [
      {
        file: "server/src/followers/frames/head-frames.ts",
        find: 'if (!this.#readable.canDiffFrom(from)) return { snapshot: "too_old" };',
        replace: "",
      },
    ],
  },
  {
    name: "the answer to a check waits behind all parts of a message",
    item: null,
    rule: "M9",
    by: { seed: 3 },
    edits: [
      {
        file: "server/src/followers/fanout.ts",
        find: "if (owed === null || !this.#mayAnswer(cursor)) return true;",
        replace: "if (owed === null || !this.#mayAnswer(cursor) || cursor.underWay !== null) return true;",
      },
      {
        file: "server/src/followers/fanout.ts",
        find: "=== true && !this.#isAnswerDue(cursor)",
        replace: "=== true",
      },
    ],
  },
  {
    name: "the creation id of a space is not compared",
    item: null,
    rule: "E3",
    by: { seed: 33 },
    edits: [
      {
        file: "server/src/followers/views/followed.ts",
        find: "space === creationId ? lineage",
        replace: "creationId !== null ? lineage",
      },
    ],
  },
];
