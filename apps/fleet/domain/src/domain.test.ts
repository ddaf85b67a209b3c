import { effectOf } from "@neverstale/protocol";
import { describe, expect, test } from "vitest";
import { StoredEnrollmentToken } from "./accounts-space.ts";
import { AgentReport, ReportsRequest } from "./agent-api.ts";
import { EnrollmentToken, PROBLEMS } from "./api.ts";
import { COMMAND_STATUSES, isFinal } from "./command.ts";
import { COMMAND_LIMIT, fleet, fleetModel } from "./fleet.ts";
import { checkArgs, type OpOffer } from "./op.ts";
import { chunkId } from "./output-space.ts";

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

test("[S7] the fleet's model has the change types and collections of the protocol", () => {
  const types = [
    "host_added host_updated host_removed command_started command_progress command_finished",
    "pipeline_started pipeline_progress pipeline_finished event host_metrics host_metrics_removed",
  ].flatMap((line) => line.split(" "));
  expect(Object.keys(fleet.changes)).toEqual(types);
  expect(Object.keys(fleet.collections)).toEqual(["hosts", "commands", "pipelines", "events", "metrics"]);
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

test("[C10] reports are closed: unknown types and members are refused", () => {
  expect(AgentReport.safeParse({ type: "reboot" }).success).toBe(false);
  expect(AgentReport.safeParse({ type: "metrics", cpu: 4, hostId: "another" }).success).toBe(false);
  expect(ReportsRequest.safeParse({ instance: "i", seq: 1, reports: [{ type: "metrics", cpu: 4 }] }).success).toBe(
    true,
  );
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
