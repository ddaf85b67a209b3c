import type { Assignment } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import type { Job } from "../policy/job.ts";
import type { Plan } from "../policy/plan.ts";
import { type Action, decide, refusals, type Situation } from "./decide.ts";
import type { Exit } from "./exit.ts";
import type { JournalEntry } from "./journal-entry.ts";
import type { Known } from "./known.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const LATER = "2026-01-01T00:01:00Z";
const EARLIER = "2025-12-31T23:59:00Z";
const JOB: Job = { argv: ["x"], env: {}, cwd: "/", user: null, timeoutMs: 1, killGraceMs: 1, outputCapBytes: 1 };
const EXIT: Exit = {
  outcome: "succeeded",
  exitCode: 0,
  signal: null,
  reason: null,
  startedAt: LATER,
  finishedAt: LATER,
  outputBytes: 0,
  droppedBytes: 0,
};

const plan = ({ op }: Assignment): Plan => (op === "forbidden" ? { refusal: "not here" } : { args: {}, job: JOB });

function assigned(id: string, more: Partial<Assignment> = {}): Assignment {
  return { id, op: "uptime", args: {}, status: "assigned", ...more };
}

function known(more: Partial<Omit<Known, "entry">> & { entry?: Partial<JournalEntry> } = {}): Known {
  const { entry, ...rest } = more;
  const journaled: JournalEntry = {
    commandId: "c1",
    op: "uptime",
    args: {},
    deadline: null,
    instance: "i",
    journaledAt: EARLIER,
    claim: "asked",
    settledAt: null,
    settledIn: null,
    job: JOB,
    ...entry,
  };
  return { entry: journaled, runner: "none", startedAt: null, exit: null, spooledBytes: 0, ...rest };
}

interface Seen {
  readonly assignments?: readonly Assignment[] | null;
  readonly known?: readonly Known[];
  readonly granted?: readonly string[];
  readonly waiting?: readonly string[];
  readonly starting?: readonly string[];
  readonly stopped?: readonly string[];
  readonly serverMs?: number | null;
}

function situation(seen: Seen): Situation {
  const { assignments = [], serverMs = NOW } = seen;
  const map = assignments === null ? null : new Map(assignments.map((one) => [one.id, one]));
  return {
    assignments: map,
    known: seen.known ?? [],
    granted: new Set(seen.granted),
    waiting: new Set(seen.waiting),
    starting: new Set(seen.starting),
    stopped: new Set(seen.stopped),
    serverMs,
    plan,
  };
}

const journal = (assignment: Assignment): Action => ({ type: "journal", assignment, args: {}, job: JOB });
const GONE = "its runner ended without a word: killed, or the machine restarted";

const TABLE: readonly (readonly [when: string, seen: Seen, then: readonly Action[]])[] = [
  ["nothing is assigned", {}, []],
  ["the space hasn't been seen", { assignments: null }, []],
  [
    "a command is assigned: its id goes to disk before anything else",
    { assignments: [assigned("c1")] },
    [journal(assigned("c1"))],
  ],
  [
    "two are assigned: one at a time, the most urgent first",
    { assignments: [assigned("a"), assigned("b", { deadline: LATER })] },
    [journal(assigned("b", { deadline: LATER }))],
  ],
  ["its deadline has passed", { assignments: [assigned("c1", { deadline: EARLIER })] }, []],
  [
    "it has a deadline and the server's clock is unknown",
    { assignments: [assigned("c1", { deadline: LATER })], serverMs: null },
    [],
  ],
  [
    "it has no deadline and the server's clock is unknown",
    { assignments: [assigned("c1")], serverMs: null },
    [journal(assigned("c1"))],
  ],
  ["it was cancelled before anything began", { assignments: [assigned("c1", { cancelRequested: true })] }, []],
  ["the host's file refuses it", { assignments: [assigned("c1", { op: "forbidden" })] }, []],
  [
    "the host's file refuses the first of two",
    { assignments: [assigned("a", { op: "forbidden" }), assigned("b")] },
    [journal(assigned("b"))],
  ],
  [
    "another run of the agent has it, or its journal is lost",
    { assignments: [assigned("c1", { status: "claimed", instance: "other" })] },
    [],
  ],
  ["another one runs", { assignments: [assigned("c2")], known: [known({ runner: "alive" })] }, []],
  [
    "another one has ended, but the server doesn't have its result",
    { assignments: [assigned("c2")], known: [known({ runner: "gone", exit: EXIT })] },
    [],
  ],
  [
    "another one is settled",
    { assignments: [assigned("c2")], known: [known({ runner: "gone", exit: EXIT, entry: { settledAt: LATER } })] },
    [journal(assigned("c2"))],
  ],
  [
    "another one was refused",
    { assignments: [assigned("c2")], known: [known({ entry: { claim: "refused" } })] },
    [journal(assigned("c2"))],
  ],

  [
    "it is journaled and not claimed: the claim is asked",
    { assignments: [assigned("c1")], known: [known()] },
    [{ type: "claim", commandId: "c1" }],
  ],
  [
    "the agent restarted between claim and answer, and the space isn't there yet",
    { assignments: null, known: [known()] },
    [{ type: "claim", commandId: "c1" }],
  ],
  ["the claim is out", { assignments: [assigned("c1")], known: [known()], waiting: ["c1"] }, []],
  [
    "the claim was refused: never, though it is still assigned",
    { assignments: [assigned("c1")], known: [known({ entry: { claim: "refused" } })] },
    [],
  ],
  [
    "it was settled, and is assigned again by an older state of the server",
    { assignments: [assigned("c1")], known: [known({ runner: "gone", exit: EXIT, entry: { settledAt: LATER } })] },
    [],
  ],

  [
    "the claim was granted",
    { known: [known()], granted: ["c1"] },
    [{ type: "start", commandId: "c1", withinMs: null }],
  ],
  [
    "granted, with a deadline",
    { known: [known({ entry: { deadline: LATER } })], granted: ["c1"] },
    [{ type: "start", commandId: "c1", withinMs: 60_000 }],
  ],
  [
    "granted, and its deadline has passed",
    { known: [known({ entry: { deadline: EARLIER } })], granted: ["c1"] },
    [
      {
        type: "end_unstarted",
        commandId: "c1",
        outcome: "expired",
        reason: "its deadline passed before it could start",
      },
    ],
  ],
  [
    "granted, and the server's clock is unknown",
    { known: [known({ entry: { deadline: LATER } })], granted: ["c1"], serverMs: null },
    [],
  ],
  [
    "granted, and cancelled meanwhile",
    { assignments: [assigned("c1", { cancelRequested: true })], known: [known()], granted: ["c1"] },
    [{ type: "end_unstarted", commandId: "c1", outcome: "cancelled", reason: "stopped before it started" }],
  ],
  ["its runner is on its way", { known: [known()], granted: ["c1"], starting: ["c1"] }, []],
  [
    "its runner is on its way, and it was cancelled meanwhile",
    {
      assignments: [assigned("c1", { cancelRequested: true })],
      known: [known()],
      granted: ["c1"],
      starting: ["c1"],
    },
    [{ type: "end_unstarted", commandId: "c1", outcome: "cancelled", reason: "stopped before it started" }],
  ],

  ["it runs", { assignments: [assigned("c1", { status: "claimed" })], known: [known({ runner: "alive" })] }, []],
  [
    "it runs and is to be stopped",
    { assignments: [assigned("c1", { cancelRequested: true })], known: [known({ runner: "alive" })] },
    [{ type: "stop", commandId: "c1" }],
  ],
  [
    "it has only just begun and is to be stopped: at once",
    { assignments: [assigned("c1", { cancelRequested: true })], known: [known({ runner: "alive" })], starting: ["c1"] },
    [{ type: "stop", commandId: "c1" }],
  ],
  [
    "it runs and was told to stop",
    { assignments: [assigned("c1", { cancelRequested: true })], known: [known({ runner: "alive" })], stopped: ["c1"] },
    [],
  ],
  [
    "it runs and the server doesn't list it any more: it goes on, and is reported",
    { assignments: [], known: [known({ runner: "alive" })] },
    [],
  ],
  ["it has ended", { known: [known({ runner: "gone", exit: EXIT })] }, []],
  [
    "its runner is gone without an exit status",
    { known: [known({ runner: "gone" })] },
    [{ type: "end_lost", commandId: "c1", reason: GONE }],
  ],
  [
    "gone, though nobody knows the server's clock or the space",
    { assignments: null, serverMs: null, known: [known({ runner: "gone" })] },
    [{ type: "end_lost", commandId: "c1", reason: GONE }],
  ],
];

test.each(TABLE)("%s", (_, seen, then) => {
  expect(decide(situation(seen))).toEqual(then);
});

test("what the host's file refuses is told, unless it was journaled when the file still allowed it", () => {
  const assignments = [assigned("a", { op: "forbidden" }), assigned("b"), assigned("c1", { op: "forbidden" })];

  expect(refusals(situation({ assignments, known: [known({ runner: "alive" })] }))).toEqual([
    { commandId: "a", reason: "not here" },
  ]);
});
