/** These broken builds hold mistakes about steps from epoch to epoch (rule E7). */

import type { BrokenBuild } from "../broken-build.ts";

export const STEP_MISTAKES: readonly BrokenBuild[] = [
  {
    name: "a takeover is not told on open connections",
    item: null,
    rule: "E7",
    by: { seed: 1 },
    edits: [
      {
        file: "server/src/followers/steps.ts",
        find: "return epoch !== null && epoch !== this.#parts.groups.epoch;",
        replace: "return epoch !== null && epoch === this.#parts.groups.epoch && false;",
      },
    ],
  },
  {
    name: "the step goes behind the delta that crosses into the new run",
    item: null,
    rule: "E7",
    by: { seed: 2 },
    edits: [
      {
        file: "server/src/followers/sync-hub.ts",
        find: "for (const fanout of this.#fanouts.all()) fanout.tookOver();",
        replace: "",
      },
      {
        file: "server/src/followers/fanout.ts",
        find: "    const stepped = this.#steps.take(cursor);\n    const answered = this.#answerOwedCheck(cursor);\n    return this.#bringOn(cursor, stepped) && answered && stepped;",
        replace:
          "    const answered = this.#answerOwedCheck(cursor);\n    return this.#bringOn(cursor, true) && answered && this.#steps.take(cursor);",
      },
    ],
  },
  {
    name: "a step names the head and not the position of its connection",
    item: null,
    rule: "E3",
    by: { seed: 7 },
    edits: [
      {
        file: "server/src/followers/frames/head-frames.ts",
        find: "return this.#joined([this.sync(this.facts(from))], 0);",
        replace: "return this.#joined([this.sync(this.facts(this.#readable.head))], 0);",
      },
    ],
  },
  {
    name: "a snapshot of the epoch before is put behind the step",
    item: null,
    rule: "E7",
    by: { seed: 4 },
    edits: [
      {
        file: "server/src/followers/frames/snapshots.ts",
        find: "return !isPlain(kind) && epoch !== this.#parts.groups.epoch;",
        replace: 'return !isPlain(kind) && epoch === "";',
      },
    ],
  },
  {
    name: "a step goes between the parts of a message",
    item: null,
    rule: "M9",
    by: { seed: 7 },
    edits: [
      { file: "server/src/followers/steps.ts", find: "    if (cursor.underWay !== null) return true;\n", replace: "" },
    ],
  },
  {
    name: "a full state of which nothing was put does not give way to the step",
    item: null,
    rule: "E7",
    by: { seed: 2750 },
    edits: [
      {
        file: "server/src/followers/steps.ts",
        find: "const gaveWay = cursor.takeBack();",
        replace: "const gaveWay = false;",
      },
    ],
  },
  {
    name: "a check is answered before the step that is due",
    item: null,
    rule: "E7",
    by: { seed: 7 },
    edits: [
      {
        file: "server/src/followers/fanout.ts",
        find: "return cursor.started && !cursor.closed && !this.#steps.isDue(cursor);",
        replace: "return cursor.started && !cursor.closed;",
      },
    ],
  },
  {
    name: "a connection that takes no steps is left open at a takeover",
    item: null,
    rule: "E7",
    by: { seed: 1 },
    edits: [
      {
        file: "server/src/followers/steps.ts",
        find: "      this.#sendAway(cursor);\n",
        replace: "      cursor.epoch = groups.epoch;\n",
      },
    ],
  },
  {
    name: "the epochs of a process don't grow with its takeovers",
    item: null,
    rule: "E7",
    by: { seed: 1 },
    edits: [{ file: "server/src/authority/writer.ts", find: "    this.#spaces.epochs.begin(epoch);\n", replace: "" }],
  },
  {
    name: "a takeover begins no lineage row",
    item: null,
    rule: "E1",
    by: { seed: 1 },
    edits: [
      {
        file: "server/src/space/lineage.ts",
        find: "return this.#rows.at(-1)?.index === this.#epochs.indexOf(this.#epochs.today);",
        replace: "return this.#rows.length > 0;",
      },
    ],
  },
  {
    name: "the lineage of a step leaves out the old position",
    item: null,
    rule: "E7",
    by: { seed: 1 },
    edits: [
      {
        file: "server/src/followers/frames/history-facts.ts",
        find: "lineage: readable.lineage.toWire(head),",
        replace: "lineage: readable.lineage.toWire(head).slice(-1),",
      },
    ],
  },
  {
    name: "a replica keeps its epoch over a step",
    item: null,
    rule: "E7",
    by: { seed: 3 },
    edits: [
      {
        file: "client/src/machine/receive.ts",
        find: "sync.resumed === undefined ? mine :",
        replace: 'sync.resumed === undefined || state.phase.type !== "greeting" ? mine :',
      },
    ],
  },
  {
    name: "a replica takes a step at whatever version the step names",
    item: null,
    rule: "P1",
    by: { regression: "step-at-another-version" },
    edits: [
      {
        file: "client/src/machine/receive.ts",
        find: 'if (mine === null || sync.version !== mine.version) return "drift";',
        replace: 'if (mine === null || (sync.version !== mine.version && sync.resumed === undefined)) return "drift";',
      },
      {
        file: "client/src/machine/receive.ts",
        find: "{ ...mine, epoch: sync.resumed.epoch,",
        replace: "{ ...mine, version: sync.version, epoch: sync.resumed.epoch,",
      },
    ],
  },
  {
    name: "a replica takes a step while a full state is asked for",
    item: null,
    rule: "R2",
    by: { regression: "step-while-asking" },
    edits: [
      {
        file: "client/src/machine/receive.ts",
        find: 'if (phase.type === "resyncing") return become({ ...state, phase: { ...phase, link } });',
        replace:
          'if (phase.type === "resyncing" && sync.resumed === undefined) return become({ ...state, phase: { ...phase, link } });',
      },
    ],
  },
  {
    name: "the answer to a check is judged while a full state is asked for",
    item: null,
    rule: "D2",
    by: { regression: "answer-judged-too-soon" },
    edits: [
      {
        file: "client/src/machine/reached.ts",
        find: 'return state.phase.type === "resyncing" ? "waits" : "history_lost";',
        replace: 'return "history_lost";',
      },
    ],
  },
];
