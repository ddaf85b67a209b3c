/** These broken builds hold mistakes about what a node knows of the newest entry (rules N4 to N7). */

import type { BrokenBuild } from "../broken-build.ts";

export const KNOWLEDGE_MISTAKES: readonly BrokenBuild[] = [
  {
    name: "a node puts a beacon without a confirmation",
    item: "beacon without confirmation",
    rule: "N4",
    by: { seed: 63 },
    edits: [
      {
        file: "server/src/followers/fanout.ts",
        find: "    this.#beaconIsDue = !this.#knowledge.mayVouch;\n",
        replace: "    this.#beaconIsDue = false;\n",
      },
      {
        file: "server/src/followers/fanout.ts",
        find: "if (cursor.owesDigest && !cursor.closed && this.#knowledge.mayVouch) this.#putSync(cursor, null);",
        replace: "if (cursor.owesDigest && !cursor.closed) this.#putSync(cursor, null);",
      },
    ],
  },
  {
    name: "a node answers a check without a confirmation",
    item: "check answered without a confirmation",
    rule: "N5",
    by: { seed: 3 },
    edits: [
      {
        file: "server/src/followers/fanout.ts",
        find: "return this.#knowledge.mayVouch && this.#knowledge.isNewerThan(owedCheck.begun);",
        replace: "return owedCheck !== null;",
      },
    ],
  },
  {
    name: "a node judges a reader without a confirmation",
    item: "E2 judged without a confirmation",
    rule: "N6",
    by: { seed: 134 },
    edits: [
      {
        file: "server/src/followers/sync-hub.ts",
        find: "if (!this.#parts.knowledge.mayLag || this.#groups.refusal !== null) return true;",
        replace: "if (!this.#parts.knowledge.mayLag || this.#groups.refusal !== undefined) return true;",
      },
    ],
  },
  {
    name: "a position beyond the end of the newest epoch gets a full state",
    item: "`init` for a position beyond the newest epoch's end",
    rule: "E7",
    by: { seed: 1771 },
    edits: [
      {
        file: "server/src/followers/sync-hub.ts",
        find: 'if (isLost) throw cantKnow("the position lies beyond the end of the newest epoch");',
        replace: "",
      },
    ],
  },
  {
    name: "the age of a confirmation counts from its arrival",
    item: null,
    rule: "N4",
    by: { seed: 1387 },
    edits: [
      {
        file: "server/src/node/confirmations.ts",
        find: "    this.#newest = asking;\n    this.#vouched = { place, askedAt: asking.askedAt };",
        replace:
          "    const askedAt = this.#parts.runtime.now();\n    this.#newest = { ...asking, askedAt };\n    this.#vouched = { place, askedAt };",
      },
    ],
  },
  {
    name: "a confirmation counts though the node has not read what is new",
    item: null,
    rule: "N4",
    by: { seed: 63 },
    edits: [
      {
        file: "server/src/node/node-rounds.ts",
        find: "    const read = this.#mustReload ?",
        replace: "    confirmations.came(asking, follower.state.place);\n    const read = this.#mustReload ?",
      },
    ],
  },
  {
    name: "a confirmation is carried to later entries",
    item: "a confirmation carried to later entries",
    rule: "N4",
    by: { regression: "confirmation-of-another-entry" },
    edits: [
      {
        file: "server/src/node/confirmations.ts",
        find: "return isOwn ? askedAt : Number.NEGATIVE_INFINITY;",
        replace: "return isOwn || askedAt > 0 ? askedAt : Number.NEGATIVE_INFINITY;",
      },
    ],
  },
  {
    name: "an entry that is pushed counts as a confirmation",
    item: "a confirmation taken from what nobody asked for",
    rule: "N4",
    by: { seed: 159 },
    edits: [
      {
        file: "server/src/node/node-engine.ts",
        find: "if (this.#terms.mayFollow && this.#follower.receive(entry)) this.#calls.wake();",
        replace:
          "if (this.#terms.mayFollow && this.#follower.receive(entry)) { this.confirming.came(this.confirming.begin(), this.place); this.#calls.wake(); }",
      },
    ],
  },
];
