import { beforeEach, expect, test } from "vitest";
import { newSyncMetrics, type SyncMetrics } from "../followers/sync-metrics.ts";
import { limitsFrom } from "../limits/limits.ts";
import { settle, VirtualRuntime } from "../runtime/virtual-runtime-suite.ts";
import { Admission } from "./admission.ts";
import type { Attempt, Grant } from "./attempt.ts";
import { Judge, type Judged, type JudgeOptions } from "./judge.ts";

/** A transport without sockets: a request is a name, and each answer is noted. */
interface Asking {
  readonly name: string;
}

const LIMITS = limitsFrom({ connections: 3, connectionsPerAddress: 2, authorizeMs: 1_000 });
const TOOLS = { isSameSecret: (a: string, b: string) => a === b, csrfHint: "show the token" };

let runtime: VirtualRuntime;
let metrics: SyncMetrics;
let reported: unknown[];
let answers: [string, Judged][];

beforeEach(() => {
  runtime = new VirtualRuntime();
  metrics = newSyncMetrics();
  reported = [];
  answers = [];
});

function admission(options: JudgeOptions<Asking>): Admission<Asking> {
  const report = (error: unknown) => reported.push(error);
  const judge = new Judge(options, TOOLS, { runtime, limits: LIMITS, viewsOf: () => null }, report);
  const takesRoom = ({ verdict }: Judged) => !("refuse" in verdict);
  return new Admission({ judge, limits: LIMITS, runtime, metrics, takesRoom, report });
}

function attempt(path: string, address: string): Attempt {
  const whence = { origin: undefined, host: "fleet", hasCookie: false, onLoopback: false, overTls: false };
  const spoken = { profile: "v1", csrf: null } as const;
  return { url: new URL(path, "http://fleet"), address, whence, spoken };
}

function ask(door: Admission<Asking>, name: string, address = name, path = "/sync"): void {
  door.ask({ name }, attempt(path, address), (judged) => {
    answers.push([name, judged]);
    if (!("refuse" in judged.verdict)) door.entered(address);
  });
}

const codes = () => answers.map(([name, { verdict }]) => [name, "refuse" in verdict ? verdict.code : "in"]);

test("[E2] whoever is let in goes on at the position in the address; half a position is none", async () => {
  const door = admission({ authorize: ({ name }) => ({ space: "main", subject: name }) });

  ask(door, "a", "a", "/sync?epoch=e&space=c&version=7&parts=1");
  ask(door, "b", "b", "/sync?epoch=e&version=7");
  await settle();

  const resumed = {
    space: "main",
    profile: "v1",
    resume: { epoch: "e", space: "c", version: 7 },
    subject: "a",
    parts: true,
    steps: false,
    lines: [],
  };
  expect(answers).toEqual([
    ["a", { verdict: resumed, fromPage: false }],
    ["b", { verdict: { ...resumed, resume: null, subject: "b", parts: false }, fromPage: false }],
  ]);
});

test("[A10] whoever is being judged counts, and an address has its own bound", async () => {
  const waiting: ((grant: Grant) => void)[] = [];
  const door = admission({ authorize: () => new Promise((resolve) => waiting.push(resolve)) });

  for (const [name, address] of [
    ["a", "x"],
    ["b", "x"],
    ["c", "x"],
    ["d", "y"],
  ] as const)
    ask(door, name, address);
  await settle();
  for (const grant of waiting) grant({ space: "main", subject: null });
  await settle();

  expect(codes()).toEqual([
    ["d", "too_many_requests"],
    ["a", "in"],
    ["b", "in"],
    ["c", "too_many_requests"],
  ]);
  expect([metrics.tooManyConnections, metrics.tooManyFromAddress]).toEqual([1, 1]);
  door.left("x");
  ask(door, "e", "x");
  await settle();
  waiting.at(-1)?.({ space: "main", subject: null });
  await settle();
  expect(codes().at(-1)).toEqual(["e", "in"]);
});

test("[A11] a right that is taken away while it is being looked up is gone", async () => {
  const waiting: ((grant: Grant) => void)[] = [];
  const door = admission({ authorize: () => new Promise((resolve) => waiting.push(resolve)) });
  for (const name of ["a", "b", "c"]) ask(door, name);
  await settle();

  door.revoke((subject) => (subject === "a" ? 4401 : subject === "b" ? 4403 : null));
  for (const [n, grant] of waiting.entries()) grant({ space: "main", subject: "abc"[n] });
  await settle();

  expect(codes()).toEqual([
    ["a", "not_signed_in"],
    ["b", "forbidden"],
    ["c", "in"],
  ]);
});

test("[A10] a judgement that takes too long lets nobody in, and its owner is told", async () => {
  const door = admission({ authorize: () => new Promise(() => {}) });
  ask(door, "a");

  await runtime.pass(999);
  expect(answers).toEqual([]);
  await runtime.pass(1);

  expect(codes()).toEqual([["a", "snapshot_failed"]]);
  expect(reported).toMatchObject([{ message: "a connection could not be judged within 1 s" }]);
});

test("[A10] nobody is let in any more once it is closed, those who are being judged included", async () => {
  let grant: (grant: Grant) => void = () => {};
  const door = admission({
    authorize: () =>
      new Promise((resolve) => {
        grant = resolve;
      }),
  });
  ask(door, "a");
  await settle();

  door.close();
  grant({ space: "main", subject: null });
  await settle();
  ask(door, "b");

  expect(codes()).toEqual([
    ["a", "shutting_down"],
    ["b", "shutting_down"],
  ]);
});
