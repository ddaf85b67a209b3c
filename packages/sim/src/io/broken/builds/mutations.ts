/** The mistakes with mutations that the simulator must catch. */

import type { BrokenBuild } from "../broken-build.ts";

export const MUTATION_MISTAKES: readonly BrokenBuild[] = [
  {
    name: "a pending mutation is decided once, and not again over newer states",
    item: "rebase skipped",
    rule: "P14",
    by: { seed: 1 },
    edits: [
      {
        file: "client/src/mutations/overlay.ts",
        find: "const verdict = decideAt(entry, this.#records.shown, deciding);",
        replace: "const verdict = (entry.verdict ??= decideAt(entry, this.#records.shown, deciding));",
      },
    ],
  },
  {
    name: "a mutation is shown on after it was refused",
    item: "pending kept after refusal",
    rule: "U12",
    by: { seed: 1 },
    edits: [
      {
        file: "client/src/mutations/mutations.ts",
        find: "else if (entry.isShown) this.#unshow(entry);",
        replace: "",
      },
    ],
  },
  {
    name: "a mutation is shown no more once it is answered",
    item: "pending dropped at the answer, before its position",
    rule: "P14",
    by: { seed: 1 },
    edits: [
      {
        file: "client/src/mutations/mutations.ts",
        find: 'if (entry.isShown && outcome.type === "done") this.#watch(entry, outcome.position);',
        replace: 'if (entry.isShown && outcome.type === "done") this.#unshow(entry);',
      },
    ],
  },
  {
    name: "after a lost answer mutations are asked for under another line",
    item: "key changed on retry",
    rule: "P13",
    by: { seed: 1 },
    edits: [
      {
        file: "client/src/mutations/sender.ts",
        find: "for (const entry of this.#line().entriesOf(request)) entry.wasLost = true;",
        replace: "this.#line().beginAnew(this.#owner.target.io.newId(), true);",
      },
    ],
  },
  {
    name: "the refusal of a mutation is not stored",
    item: "refusals not stored",
    rule: "P13",
    by: { seed: 1 },
    edits: [
      {
        file: "server/src/mutations/line-step.ts",
        find: "  writeRow(transaction, row, { line, n, acked, kept }, caller, parts);",
        replace: '  if (kept.type === "done") writeRow(transaction, row, { line, n, acked, kept }, caller, parts);',
      },
    ],
  },
  {
    name: "mutations are decided under an epoch that is over",
    item: "no epoch in the request",
    rule: "P13",
    by: { seed: 1 },
    edits: [
      {
        file: "server/src/mutations/line-step.ts",
        find: "if (epoch !== parts.epoch) throw new OtherEpoch();",
        replace: "",
      },
    ],
  },
  {
    name: "a line has several requests under way",
    item: "several requests at once",
    rule: "P13",
    by: { seed: 1 },
    edits: [
      {
        file: "client/src/mutations/sender.ts",
        find: "if (this.#isRunning && !this.#isSending) this.#send();",
        replace: "if (this.#isRunning) this.#send();",
      },
    ],
  },
  {
    name: "mutated is taken in before its message",
    item: "`mutated` taken in before its frame",
    rule: "P14",
    by: { seed: 1 },
    edits: [
      {
        file: "client/src/mutations/mutations.ts",
        find: "if (said === null || position === null || position.version < said.version) return;",
        replace: "if (said === null || position === null) return;",
      },
    ],
  },
  {
    name: "the digest is computed over what is laid over the state",
    item: "overlay lifted too late",
    rule: "P5",
    by: { seed: 1 },
    edits: [
      {
        file: "client/src/replica.ts",
        find: `        this.#mutations?.lift();
        return this.#records.factsFor(...of);`,
        replace: "        return this.#records.factsFor(...of);",
      },
    ],
  },
  {
    name: "a number of a line is decided a second time",
    item: null,
    rule: "P13",
    by: { seed: 1 },
    edits: [
      { file: "server/src/mutations/line-step.ts", find: "if (n <= last) return outcomeOf(row, n);", replace: "" },
    ],
  },
  {
    name: "ids that were drawn under an old line are shown on under the new one",
    item: null,
    note: "it was found by the simulator",
    rule: "P14",
    by: { seed: 1 },
    edits: [
      {
        file: "client/src/mutations/mutations.ts",
        find: "this.#overlay.lift(); // The ids that were drawn under the old line are others from here on.",
        replace: "",
      },
    ],
  },
  {
    name: "what a restored backup does not have is not shown again",
    item: null,
    note: "it was found by the simulator",
    rule: "P14",
    by: { seed: 1 },
    edits: [
      {
        file: "client/src/mutations/mutations.ts",
        find: "if (entry.outcome === null && entry.isOptimistic && !entry.isDropped && !isThere) entry.isShown = true;",
        replace: "",
      },
    ],
  },
  {
    name: "an acked mutation is taken for being in any state",
    item: null,
    note: "it was found by the simulator",
    rule: "P14",
    by: { seed: 1 },
    edits: [
      {
        file: "client/src/mutations/line.ts",
        find: " && !takesEffectAfter(entry, version),",
        replace: ",",
      },
    ],
  },
];
