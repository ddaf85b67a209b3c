/** The mistakes with mutations that the simulator must catch. */

import type { BrokenBuild } from "../broken-build.ts";

export const MUTATION_MISTAKES: readonly BrokenBuild[] = [
  {
    name: "a pending mutation is decided once, and not again over newer states",
    item: "rebase skipped",
    rule: "P14",
    by: { pages: 4 },
    edits: [
      {
        file: "client/src/mutations/overlay.ts",
        find: "verdict = this.#deciding(() => decideHere(entry, this.#records.shown));",
        replace: "verdict = entry.verdict ??= this.#deciding(() => decideHere(entry, this.#records.shown));",
      },
    ],
  },
  {
    name: "a mutation is shown on after it was refused",
    item: "pending kept after refusal",
    rule: "U12",
    by: { pages: 4 },
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
    by: { pages: 4 },
    edits: [
      {
        file: "client/src/mutations/mutations.ts",
        find: 'if (outcome.type === "done" && entry.isOptimistic && !entry.isDropped) this.#watch(entry, outcome.position);',
        replace: 'if (entry.isShown && outcome.type === "done") this.#unshow(entry);',
      },
    ],
  },
  {
    name: "after a lost answer mutations are asked for under another line",
    item: "key changed on retry",
    rule: "P14",
    by: { pages: 4 },
    edits: [
      {
        file: "client/src/mutations/sender.ts",
        find: "      this.#line.answerLost(request);",
        replace: "      this.#line.beginAnew(request.line, request.line.slice(0, -1) + (this.#failures % 10));",
      },
    ],
  },
  {
    name: "the refusal of a mutation is not stored",
    item: "refusals not stored",
    rule: "U15",
    by: { pages: 1 },
    edits: [
      {
        file: "server/src/mutations/line-step.ts",
        find: "  writeRow(transaction, row, { line, n, acked, kept, namedUpTo }, caller, parts);",
        replace:
          '  if (kept.type === "done") writeRow(transaction, row, { line, n, acked, kept, namedUpTo }, caller, parts);',
      },
    ],
  },
  {
    name: "mutations are decided under an epoch that is over",
    item: "no epoch in the request",
    rule: "U9",
    by: { pages: 4 },
    edits: [
      {
        file: "server/src/mutations/line-step.ts",
        find: 'if (epoch !== parts.epoch) return { type: "other_epoch" };',
        replace: "",
      },
    ],
  },
  {
    name: "a line has several requests under way",
    item: "several requests at once",
    rule: "P13",
    by: { pages: 1 },
    edits: [
      {
        file: "client/src/mutations/sender.ts",
        find: "if (this.#isRunning && this.#underWay === null) this.#send();",
        replace: "if (this.#isRunning) this.#send();",
      },
      {
        file: "client/src/mutations/sender.ts",
        find: "if (this.#underWay !== underWay) return;",
        replace: "",
      },
      {
        file: "client/src/mutations/line.ts",
        find: "if (entry.outcome !== null) continue;",
        replace: "if (entry.outcome !== null || (entry.wasSent && !entry.wasLost)) continue;",
      },
    ],
  },
  {
    name: "mutated is taken in before its message",
    item: "`mutated` taken in before its frame",
    rule: "P14",
    by: { pages: 4 },
    edits: [
      {
        file: "client/src/mutations/announced.ts",
        find: "const due = this.#ahead.filter(({ version }) => version <= position.version);",
        replace: "const due = this.#ahead;",
      },
    ],
  },
  {
    name: "the digest is computed over what is laid over the state",
    item: "overlay lifted too late",
    rule: "P2",
    by: { pages: 4 },
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
    by: { pages: 6 },
    edits: [
      { file: "server/src/mutations/line-step.ts", find: "if (n <= last) return outcomeOf(row, n);", replace: "" },
    ],
  },
  {
    name: "ids that were drawn under an old line are shown on under the new one",
    item: null,
    note: "it was found by the simulator",
    rule: "P14",
    by: { pages: 387 },
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
    by: { pages: 431 },
    edits: [
      {
        file: "client/src/mutations/line.ts",
        find: "if (isOpen && entry.isOptimistic && !entry.isDropped && !isThere) entry.isShown = true;",
        replace: "",
      },
    ],
  },
  {
    name: "an acked mutation is taken for being in any state",
    item: null,
    note: "it was found by the simulator",
    rule: "P14",
    by: { pages: 6 },
    edits: [
      {
        file: "client/src/mutations/line.ts",
        find: " && !takesEffectAfter(entry, version),",
        replace: ",",
      },
    ],
  },
  {
    name: "an announcement takes the place of one whose message has come in the same turn",
    item: null,
    note: "it was found by the simulator",
    rule: "P14",
    by: { pages: 73 },
    edits: [
      {
        file: "client/src/mutations/announced.ts",
        find: "this.#ahead.push(message);",
        replace: "this.#ahead = [message];",
      },
    ],
  },
  {
    name: "what was done in a history that is not told of is shown no more at once",
    item: null,
    note: "it was found by the simulator",
    rule: "P14",
    by: { pages: 3115 },
    edits: [
      {
        file: "client/src/mutations/mutations.ts",
        find: 'if (reached === "history_lost") entry.isStranded = true;\n        else this.#unshow(entry);',
        replace: "this.#unshow(entry);",
      },
    ],
  },
  {
    name: "a replica that is started again waits anew for what leaves once it is level",
    item: null,
    note: "it was found by the simulator",
    rule: "P14",
    by: { regression: "started-while-stranded" },
    edits: [
      {
        file: "client/src/mutations/mutations.ts",
        find: "entry.isShown && !entry.isStranded && entry.outcome",
        replace: "entry.isShown && entry.outcome",
      },
    ],
  },
  {
    name: "a line that was dropped is begun again",
    item: null,
    rule: "P13",
    by: { pages: 106 },
    edits: [
      {
        file: "server/src/mutations/line-step.ts",
        find: "row === null && timeOfLine(line) <= namedUpTo",
        replace: "row === null && n > 1 && timeOfLine(line) <= namedUpTo",
      },
    ],
  },
  {
    name: "a page is told that its line is behind before that is stored",
    item: null,
    note: "it was found by the simulator",
    rule: "U15",
    by: { pages: 2130 },
    edits: [
      {
        file: "server/src/mutations/mutation-desk.ts",
        find: "      isNew = transaction.version(LINES_SPACE) !== before;",
        replace:
          "      if (isStop(outcome)) throw outcome;\n      isNew = transaction.version(LINES_SPACE) !== before;",
      },
      {
        file: "server/src/mutations/mutation-desk.ts",
        find: 'if (step.status === "rejected") throw step.reason;',
        replace:
          'if (step.status === "rejected") return { epoch: this.#parts.epoch(), outcomes, ...placeOf(step.reason) };',
      },
    ],
  },
  {
    name: "what is decided anew is shown no more where the state before had it",
    item: null,
    note: "it was found by the simulator",
    rule: "P14",
    by: { pages: 1265 },
    edits: [
      {
        file: "client/src/mutations/mutations.ts",
        find: 'if (outcome.type === "done" && entry.isOptimistic && !entry.isDropped) this.#watch',
        replace: 'if (entry.isShown && outcome.type === "done") this.#watch',
      },
    ],
  },
  {
    name: "a connection that resumes is told of the head alone",
    item: null,
    note: "it was found by the simulator",
    rule: "P14",
    by: { pages: 79 },
    edits: [
      { file: "server/src/followers/fanout.ts", find: "      cursor.tellAt(from, this.#metrics);\n", replace: "" },
    ],
  },
  {
    name: "a record that is shown as it was, over another one, is another object",
    item: null,
    note: "it was found by the simulator",
    rule: "U13",
    by: { pages: 2160 },
    edits: [
      {
        file: "client/src/mutations/overlay.ts",
        find: "this.#replaced.has(name) ? this.#replaced.get(name) : below",
        replace: "below",
      },
    ],
  },
];
