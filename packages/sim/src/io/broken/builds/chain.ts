/** These broken builds hold mistakes about the chain: terms, whole entries, what is trimmed of it. */

import type { BrokenBuild } from "../broken-build.ts";

export const CHAIN_MISTAKES: readonly BrokenBuild[] = [
  {
    name: "a takeover leaves the term as it was",
    item: null,
    rule: "E1",
    by: { seed: 1 },
    edits: [
      {
        file: "server/src/store/catalog.ts",
        find: "this.#chain = { head, takeover: head.sequence };",
        replace:
          "const term = this.#chain.head?.term ?? head.term; this.#chain = { head: { ...head, term }, takeover: head.sequence };",
      },
    ],
  },
  {
    name: "a commit that is refused leaves a hole in the chain",
    item: null,
    rule: "A2",
    by: { seed: 13 },
    edits: [
      {
        file: "server/src/store/catalog.ts",
        find: "for (const space of group.spaces) draft.add(space);",
        replace:
          "for (const space of group.spaces) draft.add(space); this.#chain = { ...this.#chain, head: draft.head };",
      },
    ],
  },
  {
    name: "the end of a space is not in the chain",
    item: null,
    rule: "A2",
    by: { seed: 3 },
    edits: [
      {
        file: "server/src/store/catalog.ts",
        find: "this.moves.push({ spaceId: id, move: endOf(name, committedHead, archived), changes: NO_CHANGES });",
        replace: "",
      },
    ],
  },
  {
    name: "trimming takes the newest takeover",
    item: null,
    rule: "A10",
    by: { seed: 1 },
    edits: [
      {
        file: "store-sqlite/src/sliced/steps/trimmer.ts",
        find: "if (!this.#tables.hasEntries(start, chain.takeover)) return null;",
        replace: "if (!this.#tables.hasEntries(start, 0)) return null;",
      },
      {
        file: "store-sqlite/src/sliced/steps/trimmer.ts",
        find: "return () => this.#tables.dropEntries(start, chain.takeover, this.#settings.trimRows);",
        replace: "return () => this.#tables.dropEntries(start, 0, this.#settings.trimRows);",
      },
    ],
  },
  {
    name: "trimming takes the newest entry, so that its number is given out again",
    item: null,
    rule: "A2",
    by: { seed: 3 },
    edits: [
      {
        file: "store-sqlite/src/sliced/steps/trimmer.ts",
        find: "(most || now - row.ageAt > logAgeMs) && row.entry < newest;",
        replace: "(most || now - row.ageAt > logAgeMs) && row.entry < newest + 1;",
      },
    ],
  },
  {
    name: "a chain that was trimmed is told as if it were whole",
    item: null,
    rule: "A2",
    by: { seed: 1 },
    edits: [
      {
        file: "store-sqlite/src/sliced/steps/read-chain.ts",
        find: 'if (tables.chainStart() > afterSequence) return "trimmed";',
        replace: "",
      },
    ],
  },
  {
    name: "the chain may hold any number of entries without changes",
    item: null,
    rule: "A10",
    by: { seed: 1 },
    edits: [
      {
        file: "store-sqlite/src/sliced/steps/trimmer.ts",
        find: "chain.head.sequence - retention.chainEntries);",
        replace: "start + 0 * retention.chainEntries);",
      },
    ],
  },
  {
    name: "a lineage row is not in the chain",
    item: null,
    rule: "E1",
    by: { seed: 1 },
    edits: [
      {
        file: "server/src/store/catalog.ts",
        find: "const isPlain = log.length > 0 && made.length + ended.length + lineage.length === 0;",
        replace: "const isPlain = log.length > 0 && made.length + ended.length === 0;",
      },
    ],
  },
  {
    name: "what was logged of a space that is deleted stays in the chain",
    item: null,
    rule: "S9",
    by: { seed: 19 },
    edits: [
      {
        file: "store-sqlite/src/sliced/steps/trimmer.ts",
        find: "const rows = history === null ? 0 : this.#tables.dropChangesOf(ended.id, trimRows);",
        replace: "const rows = 0;",
      },
    ],
  },
  {
    name: "a shared store forgets the fence at a takeover",
    item: null,
    rule: "A1",
    by: { seed: 1 },
    edits: [
      {
        file: "server/src/store/memory-database.ts",
        find: "if (!this.isAt(after)) throw fenced();",
        replace: "",
      },
    ],
  },
  {
    name: "a shared store commits behind whatever entry is the newest",
    item: "no predecessor check",
    rule: "A1",
    by: { seed: 2 },
    edits: [
      {
        file: "server/src/store/memory-database.ts",
        find: "if (!this.isAt({ ...head, sequence: head.sequence - 1 })) throw fenced();",
        replace: "",
      },
    ],
  },
  {
    name: "a fold does not look for its entry",
    item: null,
    rule: "A1",
    by: { seed: 111 },
    edits: [
      {
        file: "server/src/store/memory-database.ts",
        find: "this.#takeover?.term === by.term && by.sequence <= (this.#head?.sequence ?? 0);",
        replace: "this.#takeover?.term === by.term;",
      },
    ],
  },
  {
    name: "a key is looked up by whoever was the writer once",
    item: null,
    rule: "A1",
    by: { seed: 1 },
    edits: [
      {
        file: "server/src/store/memory.ts",
        find: "      this.#requireNewest();\n      return this.#database.findAnswer(query);",
        replace: "      return this.#database.findAnswer(query);",
      },
    ],
  },
  {
    name: "a term goes on after an outcome that nobody knows",
    item: null,
    rule: "A1",
    by: { seed: 1 },
    edits: [
      {
        file: "server/src/store/memory.ts",
        find: 'if (error instanceof StoreFailure && error.outcome !== "nothing_moved") this.#opened().endTerm();',
        replace: 'if (error instanceof StoreFailure && error.outcome === "fenced") this.#opened().endTerm();',
      },
    ],
  },
];
