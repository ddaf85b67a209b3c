/** The mistakes with queues that are kept over a reload, which the simulator must catch. */

import type { BrokenBuild } from "../broken-build.ts";

export const QUEUE_MISTAKES: readonly BrokenBuild[] = [
  {
    name: "a mutation is sent before its number is kept",
    item: "sent before kept",
    rule: "U6",
    by: { queues: 1 },
    edits: [
      {
        file: "client/src/mutations/queue/queue-session.ts",
        find: "const firstNot = next.findIndex((entry) => !this.#isReady(entry));",
        replace: "const firstNot = -1;",
      },
    ],
  },
  {
    name: "a line that is taken up has no holes where mutations were dropped",
    item: "a number used twice",
    rule: "P14",
    by: { queues: 2 },
    edits: [
      {
        file: "client/src/mutations/queue/queue-session.ts",
        find: `      while (++n < kept.n) entries.push(this.#entryOf({ ...kept, n, args: null, bytes: 0 }, sent, true));
      entries.push(this.#entryOf(kept, sent, false));`,
        replace: "      entries.push(this.#entryOf({ ...kept, n: ++n }, sent, false));",
      },
    ],
  },
  {
    name: "a page takes up what another user has left",
    item: "sent as another user",
    rule: "U20",
    by: { queues: 2 },
    edits: [
      {
        file: "client/src/mutations/queue/queue-steps.ts",
        find: "line.user === user && line.address === address && !held.has(line.line)",
        replace: "line.address === address && !held.has(line.line)",
      },
    ],
  },
  {
    name: "what a user drops at a sign-out stays where it is kept",
    item: "not dropped at sign-out",
    rule: "U20",
    by: { queues: 1 },
    edits: [
      {
        file: "client/src/mutations/queue/queue-steps.ts",
        find: "    drop: gone.map(({ line }) => line),\n    eras",
        replace: "    drop: gone.slice(gone.length).map(({ line }) => line),\n    eras",
      },
    ],
  },
  {
    name: "what was left goes behind what is asked for after the reload",
    item: "order lost",
    rule: "U19",
    by: { queues: 5 },
    edits: [
      {
        file: "client/src/mutations/line.ts",
        find: "this.entries.splice(own < 0 ? this.entries.length : own, 0, ...left);",
        replace: "this.entries.splice(own < -1 ? 0 : this.entries.length, 0, ...left);",
      },
    ],
  },
  {
    name: "more is kept than there is room for",
    item: "bound ignored",
    rule: "U19",
    by: { queues: 1 },
    edits: [
      {
        file: "client/src/mutations/queue/queue-steps.ts",
        find: "const fits = room.mutations >= 1 && room.bytes >= one.bytes;",
        replace: "const fits = room.mutations > Number.NEGATIVE_INFINITY;",
      },
    ],
  },
  {
    name: "a mutation that was dropped stays where it is kept",
    item: "dropped ones come back",
    rule: "P14",
    by: { queues: 1 },
    edits: [
      {
        file: "client/src/mutations/queue/queue-steps.ts",
        find: "all.filter((entry) => !entry.isDropped && stays(entry)).map(keptAs)",
        replace: "all.filter((entry) => stays(entry)).map(keptAs)",
      },
    ],
  },
  {
    name: "what was left is forgotten by the page that takes it up",
    item: null,
    rule: "U19",
    by: { queues: 1 },
    edits: [
      {
        file: "client/src/mutations/queue/queue-session.ts",
        find: "if (entries.length > 0) this.#host.takeUp(entries);",
        replace: "",
      },
    ],
  },
  {
    name: "the authority hears that an outcome is known before that is kept",
    item: null,
    rule: "U15",
    by: { queues: 330 },
    edits: [
      {
        file: "client/src/mutations/mutations.ts",
        find: "Math.min(n - 1, this.#queue?.settledOf(line) ?? n - 1)",
        replace: "n - 1",
      },
    ],
  },
  {
    name: "after a reload nothing counts as sent",
    item: null,
    rule: "P13",
    by: { queues: 224 },
    edits: [
      {
        file: "client/src/mutations/queue/queue-session.ts",
        find: "wasSent: kept.n <= sent,",
        replace: "wasSent: kept.n < sent - sent,",
      },
    ],
  },
];
