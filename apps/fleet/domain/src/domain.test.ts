import { effectOf } from "@neverstale/protocol";
import { describe, expect, test } from "vitest";
import { StoredEnrollmentToken } from "./accounts/accounts-space.ts";
import {
  AgentReport,
  ClaimAnswer,
  ClaimRequest,
  EnrollAnswer,
  EnrollRequest,
  ReportsAnswer,
  ReportsRequest,
} from "./agents/agent-api.ts";
import { EnrollmentToken } from "./agents/enrollment-api.ts";
import { COMMAND_STATUSES, isFinal } from "./commands/command-status.ts";
import { checkArgs, type OpOffer } from "./commands/op.ts";
import { chunkId } from "./commands/output-space.ts";
import { COMMAND_LIMIT, fleet, fleetModel } from "./fleet.ts";
import { callsItself, idOfName, labelOf } from "./hosts/host-label.ts";
import { HostName, nameProblem } from "./hosts/host-name.ts";
import { PROBLEMS } from "./problem.ts";

const offer: OpOffer = {
  name: "ping",
  args: [
    { name: "count", type: "integer", min: 1, max: 10, default: 3 },
    { name: "mode", type: "choice", values: ["fast", "slow"] },
    { name: "note", type: "text", maxLength: 5, default: "" },
  ],
};

describe("checkArgs", () => {
  test("fills in defaults", () => {
    expect(checkArgs(offer, { mode: "fast" })).toEqual({ ok: true, args: { count: 3, mode: "fast", note: "" } });
  });

  test.each([
    [{}, "mode is missing"],
    [{ mode: "quick" }, "mode is none of"],
    [{ mode: "fast", count: 11 }, "count is not between 1 and 10"],
    [{ mode: "fast", count: "3" }, "count is not a whole number"],
    [{ mode: "fast", note: "too long" }, "note is longer than 5"],
    [{ mode: "fast", toString: "x" }, "no argument toString"],
  ])("refuses %j", (args, problem) => {
    const checked = checkArgs(offer, args);
    expect(checked).toMatchObject({ ok: false });
    expect(!checked.ok && checked.problem).toContain(problem);
  });
});

test("[S7] the fleet's model has the collections of the protocol", () => {
  expect(Object.keys(fleet.collections)).toEqual([
    "hosts",
    "commands",
    "pipelines",
    "events",
    "alerts",
    "silences",
    "groups",
    "opRules",
    "pipelineRules",
    "alertRules",
    "scheduleRules",
    "schedules",
    "catalogueFiles",
    "backups",
    "sharedTags",
    "shares",
    "metrics",
  ]);
  expect(fleetModel({ eventLimit: 7 }).collections.events.keep).toEqual({ newest: 7 });
  expect(fleet.collections.metrics.ephemeral).toBe(true);
});

test("every status but pending and running ends a command", () => {
  expect(COMMAND_STATUSES.filter((status) => !isFinal(status))).toEqual(["pending", "running"]);
});

test("[S3] of the commands that nothing needs any more the newest are kept, the others all stay", () => {
  expect(fleet.collections.commands.keep).toEqual({ newest: COMMAND_LIMIT, where: { retired: [true] } });
});

test("[S1] a record that its schema refuses is refused as a change", () => {
  const change = { type: "event", target: "", data: { id: "e1", message: "no category" } };

  expect(() => effectOf(fleet, change, () => undefined)).toThrow("events/e1");
});

test("a chunk's id sorts as its offset does", () => {
  expect([4096, 0, 1_000_000].map(chunkId).sort()).toEqual([chunkId(0), chunkId(4096), chunkId(1_000_000)]);
});

test("[C10] reports are bounded, and what they hold beyond the named members goes no further", () => {
  const newer = { type: "metrics", cpu: 4, hostId: "another", gpu: 7 };

  const read = ReportsRequest.parse({ instance: "i", seq: 1, locale: "de", reports: [newer, { type: "telepathy" }] });

  expect(read).toEqual({ instance: "i", seq: 1, reports: [{ type: "metrics", cpu: 4 }] });
  expect(AgentReport.safeParse({ type: "reboot" }).success).toBe(false);
  expect(AgentReport.safeParse({ type: "metrics", cpu: "hot" }).success).toBe(false);
});

test("members that a newer agent adds are ignored wherever an agent speaks", () => {
  const facts = { hostname: "web-1", os: "Linux", arch: "x64", agentVersion: "9", newer: { deep: true } };
  const check = { status: "ok", message: "", checkedAt: "2026-01-01T00:00:00.000Z", newer: 1 };
  const ops = [{ name: "disk", newer: 1, args: [{ name: "n", type: "integer", min: 1, max: 2, newer: 1 }] }];
  const known = [{ commandId: "c", op: "disk", args: {}, phase: "running", newer: 1, settled: undefined }];
  const times = { finishedAt: "2026-01-01T00:00:00.000Z", outputBytes: 0 };

  const reports = [
    { type: "hello", ...facts, ops, checks: { disk: check } },
    { type: "output", commandId: "c", offset: 0, bytes: 1, text: "x", newer: 1 },
    { type: "progress", commandId: "c", phase: "p", newer: 1 },
    { type: "finished", commandId: "c", status: "failed", ...times, newer: 1 },
    { type: "state", known, newer: 1 },
  ];
  const read = [
    ReportsRequest.parse({ instance: "i", seq: 1, reports, newer: 1 }),
    ClaimRequest.parse({ commandId: "c", instance: "i", newer: 1 }),
    EnrollRequest.parse({ token: "t".repeat(20), nonce: "n".repeat(20), ...facts }),
  ];

  expect(JSON.stringify(read)).not.toContain("newer");
  expect(read[0]).toMatchObject({ reports: reports.map(({ type }) => ({ type })) });
});

test("values that only a newer agent knows cost nothing else of what it says", () => {
  const facts = { hostname: "web-1", os: "Linux", arch: "x64", agentVersion: "9" };
  const newerOp = { name: "warp", args: [{ name: "to", type: "coordinates" }] };
  const checks = { disk: { status: "smouldering", message: "", checkedAt: "2026-01-01T00:00:00.000Z" } };
  const end = { commandId: "c", finishedAt: "2026-01-01T00:00:00.000Z", outputBytes: 0 };

  const read = ReportsRequest.parse({
    instance: "i",
    seq: 1,
    reports: [
      { type: "hello", ...facts, ops: [newerOp, { name: "disk" }], checks },
      { type: "finished", ...end, status: "dematerialised" },
    ],
  });

  expect(read.reports).toMatchObject([
    { ops: [{ name: "disk" }], checks: { disk: { status: "unknown" } } },
    { status: "failed" },
  ]);
  expect(AgentReport.safeParse({ type: "finished", ...end, status: 7 }).success).toBe(false);
  expect(AgentReport.safeParse({ type: "hello", ...facts, ops: [{ name: 7 }], checks: {} }).success).toBe(false);
});

test("members that a newer server adds are ignored wherever it answers an agent", () => {
  const now = "2026-01-01T00:00:00.000Z";

  const read = [
    ReportsAnswer.parse({ now, received: {}, finished: [], settled: { epoch: "e", version: 1, newer: 1 }, newer: 1 }),
    ClaimAnswer.parse({ now, granted: true, newer: 1 }),
    EnrollAnswer.parse({ now, hostId: "h", credential: "c", newer: 1 }),
  ];

  expect(JSON.stringify(read)).not.toContain("newer");
});

test("[C10] a piece of output is no longer than the bytes it stands for", () => {
  const piece = { type: "output", commandId: "c", offset: 0 };

  expect(AgentReport.safeParse({ ...piece, bytes: 1, text: "x".repeat(4_000) }).success).toBe(false);
  expect(AgentReport.safeParse({ ...piece, bytes: 4, text: "😀" }).success).toBe(true);
});

test.each([
  ["web-1", true],
  ["Büro 2", true],
  ["数据库", true],
  [" ", false],
  ["", false],
  ["---", false],
  ["db\u200bprod", false],
  ["\u202edorp-bd", false],
  ["db\u2067prod", false],
  ["db\u00adprod", false],
  ["db prod ", false],
  ["db  prod", false],
  ["db\u00a0prod", false],
  ["db\u3000prod", false],
  ["db\tprod", false],
  ["db\nprod", false],
  ["db\u001bprod", false],
  ["db\ufeffprod", false],
  ["db\u3164prod", false],
  ["db\u2800prod", false],
  ["db\ud800prod", false],
  ["\u0301db", false],
  ["x".repeat(254), false],
])("whether %j can stand for a host", (name, can) => {
  expect(nameProblem(name) === null).toBe(can);
});

test("an id is what a name has that an id can hold, and begins and ends with a letter or digit", () => {
  const names = ["Web 1", "--help", "..", "-Büro-", "db.prod.", "数据库"];

  expect(names.map(idOfName)).toEqual(["web-1", "help", "host", "b-ro", "db.prod", "host"]);
});

test.each(["all", "ALL", " x", "\u200b"])("an admin can't call a host %j", (name) => {
  expect(HostName.safeParse(name).success).toBe(false);
});

test("a host is called by its id or by an admin's name, and what it calls itself is said beside it where it differs", () => {
  expect(labelOf({ id: "web-1" })).toBe("web-1");
  expect(labelOf({ id: "web-1", name: "Shop" })).toBe("Shop");
  expect(callsItself({ id: "web-1", hostname: "WEB-1" })).toBeNull();
  expect(callsItself({ id: "b-ro-2", hostname: "Büro 2" })).toBe("Büro 2");
  expect(callsItself({ id: "web-1-x7", hostname: "web-1" })).toBe("web-1");
  expect(callsItself({ id: "web-1", name: "Shop", hostname: "db-prod" })).toBe("db-prod");
});

test("what may be shown of an enrolment token holds no secret", () => {
  const shown = Object.keys(EnrollmentToken.shape);

  expect(Object.keys(StoredEnrollmentToken.shape).filter((key) => !shown.includes(key))).toEqual([
    "tokenHash",
    "nonceHash",
  ]);
});

test("every problem is an HTTP error", () => {
  for (const status of Object.values(PROBLEMS)) expect(status >= 400 && status < 600).toBe(true);
});

test.each(["../../etc", "a b", "\u202e", "a/b", "", "x".repeat(201)])(
  "an agent can name no command %j, whose id no address could hold",
  (commandId) => {
    const known = [{ commandId, op: "disk", args: {}, phase: "running" }];

    expect(ClaimRequest.safeParse({ commandId, instance: "i" }).success).toBe(false);
    expect(ReportsRequest.safeParse({ instance: "i", seq: 1, reports: [{ type: "state", known }] }).success).toBe(
      false,
    );
  },
);
