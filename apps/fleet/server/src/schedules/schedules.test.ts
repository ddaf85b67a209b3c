import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Event, Schedule } from "@neverstale/fleet-domain";
import { memoryStore } from "@neverstale/server";
import { afterAll, beforeEach, expect, test } from "vitest";
import { limitedPerson } from "../accounts/grants-suite.ts";
import { type Browser, Fleets, HostAgent, onlineHost, signIn } from "../fleet/fleet-suite.ts";
import { round } from "../process/io/rounds.ts";
import type { RunningFleet } from "../process/io/start.ts";
import { settleSchedule } from "./settle.ts";

const FILE = `
pipelines:
  two: { stages: [uptime, disk] }
schedules:
  quarter: { cron: "*/15 * * * *", op: uptime, all: true }
  nightly: { cron: "30 2 * * *", time_zone: Europe/Berlin, pipeline: two, tags: [prod] }
  patient: { cron: "5 * * * *", op: memory, filter: "status:online", overlap: queue }
`;

const fleets = new Fleets();
let now = 0;
let store = memoryStore();
let dataDir = "";
let fleet: RunningFleet;
let browser: Browser;
let host: HostAgent;

const at = (time: string) => Date.parse(`2030-06-01T${time}Z`);

async function start(): Promise<void> {
  fleet = await fleets.start({ dataDir, store, now: () => now, steadyNow: () => now });
}

function file(text: string): void {
  writeFileSync(join(dataDir, "fleet.yaml"), text, { mode: 0o600 });
}

beforeEach(async () => {
  now = at("12:07:00");
  store = memoryStore();
  dataDir = fleets.directory();
  file(FILE);
  await start();
  browser = await signIn(fleet);
  host = await onlineHost(browser, "web-1");
  await round(fleet.parts, false);
});
afterAll(() => fleets.end());

/** The clock stands at that time when the next look comes, and the host has been heard of. */
async function lookAt(time: string): Promise<void> {
  now = at(time);
  await host.report({ type: "metrics" });
  await round(fleet.parts, false);
}

function schedule(id: string): Schedule {
  const found = fleet.manager.state.schedules.get(id);
  if (found === undefined) throw new Error(`there is no schedule ${id}`);
  return found;
}

const startedBy = (id: string) =>
  [...fleet.manager.state.commands.values()].filter(({ requestedBy }) => requestedBy === `schedule:${id}`);
const events = (action: string): Event[] =>
  [...fleet.manager.state.events.values()].filter((event) => event.action === action);
const iso = (time: string) => new Date(at(time)).toISOString();

async function runAll(id: string): Promise<void> {
  for (const command of startedBy(id)) if (command.status === "pending") await host.run(command.id);
}

test("each schedule says when it is due next, in its own time zone", async () => {
  expect(schedule("quarter").nextAt).toBe(iso("12:15:00"));
  expect(schedule("nightly").nextAt).toBe("2030-06-02T00:30:00.000Z");

  const listed = (await browser.get("/api/schedules")).body as unknown as object[];
  expect(listed).toMatchObject([
    { id: "quarter", op: "uptime", target: { all: true }, overlap: "refuse", nextAt: iso("12:15:00") },
    { id: "nightly", pipeline: "two", target: { tags: ["prod"] }, timeZone: "Europe/Berlin" },
    { id: "patient", op: "memory", target: { filter: "status:online" }, overlap: "queue" },
  ]);
});

test("it starts once when it is due, however often somebody looks", async () => {
  await lookAt("12:14:59");
  expect(startedBy("quarter")).toEqual([]);

  await lookAt("12:15:00");
  await lookAt("12:15:02");
  await lookAt("12:15:04");
  expect(startedBy("quarter")).toMatchObject([{ host: host.id, op: "uptime" }]);
  expect(schedule("quarter")).toMatchObject({
    outcome: "started",
    lastDueAt: iso("12:15:00"),
    nextAt: iso("12:30:00"),
  });
  expect(events("schedule_started").at(-1)?.details).toEqual({ schedule: "quarter", dueAt: iso("12:15:00") });
});

test("two looks at one due time, as two rounds could take them, start one run", async () => {
  now = at("12:15:01");
  const { transactions } = fleet.parts;
  const both = [1, 2].map(() => transactions.transact((work) => settleSchedule(work, "quarter")));
  await Promise.all(both);

  expect(startedBy("quarter")).toHaveLength(1);
});

test("a pipeline of a schedule runs on the hosts that are found when it is due", async () => {
  await browser.call("PATCH", `/api/hosts/${host.id}`, { tags: ["prod"] });
  now = Date.parse("2030-06-02T00:30:01.000Z");
  await host.report({ type: "metrics" });
  await round(fleet.parts, false);

  const [pipeline] = fleet.manager.state.pipelines.values();
  expect(pipeline).toMatchObject({ name: "two", hosts: [host.id], requestedBy: "schedule:nightly" });
  expect(schedule("nightly").nextAt).toBe("2030-06-03T00:30:00.000Z");
});

test("what no server could start in time is told by an event, and not run late", async () => {
  await fleet.close();
  now = at("13:09:00");
  await start();
  host = new HostAgent(fleet.address, host.id, host.credential, "run-2");
  await lookAt("13:09:00");

  expect(startedBy("quarter")).toEqual([]);
  expect(schedule("quarter")).toMatchObject({ outcome: "missed", nextAt: iso("13:15:00") });
  expect(events("schedule_missed").find(({ details }) => details?.schedule === "quarter")).toMatchObject({
    level: "error",
    message: `schedule quarter was due 4 times since ${iso("12:15:00")} while no server could start it: it is not run late`,
    details: { missed: 4 },
  });
  await lookAt("13:15:01");
  expect(startedBy("quarter")).toHaveLength(1);
});

test("a server that was away for a moment begins what was due in that moment, and tells of what was before", async () => {
  await lookAt("13:00:59");

  expect(startedBy("quarter")).toHaveLength(1);
  expect(schedule("quarter")).toMatchObject({ outcome: "started", lastDueAt: iso("13:00:00") });
  expect(events("schedule_missed").at(-1)?.details).toMatchObject({ missed: 3 });
});

test("while what it started still runs, the next time is left out", async () => {
  await lookAt("12:15:00");
  await host.claim(startedBy("quarter")[0]?.id ?? "");
  await lookAt("12:30:00");
  expect(startedBy("quarter")).toHaveLength(1);
  expect(schedule("quarter")).toMatchObject({
    outcome: "refused",
    lastDueAt: iso("12:30:00"),
    nextAt: iso("12:45:00"),
  });
  expect(events("schedule_refused")).toHaveLength(1);

  await host.finished(startedBy("quarter")[0]?.id ?? "", "succeeded");
  await lookAt("12:45:00");
  expect(startedBy("quarter")).toHaveLength(2);
});

test("[B137] where it may wait one time waits, begins after that, and a further one is left out", async () => {
  await lookAt("13:05:00");
  const [first] = startedBy("patient");
  await host.claim(first?.id ?? "");
  await lookAt("14:05:00");
  expect(schedule("patient")).toMatchObject({ outcome: "queued", waitingSince: iso("14:05:00") });
  await lookAt("15:05:00");
  expect(schedule("patient")).toMatchObject({ outcome: "refused", waitingSince: iso("14:05:00") });

  await host.finished(first?.id ?? "", "succeeded");
  await lookAt("15:20:00");
  expect(startedBy("patient")).toHaveLength(2);
  expect(schedule("patient")).toMatchObject({
    outcome: "started",
    lastDueAt: iso("15:05:00"),
    nextAt: iso("16:05:00"),
  });
  expect(schedule("patient").waitingSince).toBeUndefined();
  await lookAt("15:20:02");
  expect(startedBy("patient")).toHaveLength(2);
});

test("a time that is due when the waiting run begins is decided too, by the next look", async () => {
  await lookAt("13:05:00");
  const [first] = startedBy("patient");
  await host.claim(first?.id ?? "");
  await lookAt("14:05:00");
  await host.finished(first?.id ?? "", "succeeded");

  await lookAt("15:05:01");
  expect(startedBy("patient")).toHaveLength(2);
  expect(schedule("patient")).toMatchObject({
    outcome: "started",
    lastDueAt: iso("14:05:00"),
    nextAt: iso("15:05:00"),
  });
  await lookAt("15:05:03");

  expect(startedBy("patient")).toHaveLength(2);
  expect(schedule("patient")).toMatchObject({
    outcome: "queued",
    waitingSince: iso("15:05:00"),
    nextAt: iso("16:05:00"),
  });
});

test("a clock that is set back makes nothing due twice", async () => {
  await lookAt("12:15:00");
  await runAll("quarter");
  for (const time of ["12:14:58", "12:15:00", "12:15:30", "12:29:59"]) await lookAt(time);
  expect(startedBy("quarter")).toHaveLength(1);

  await lookAt("12:30:00");
  await runAll("quarter");
  await lookAt("11:59:00");
  await lookAt("12:15:00");
  await lookAt("12:30:00");
  expect(startedBy("quarter")).toHaveLength(2);
  await lookAt("12:45:00");
  expect(startedBy("quarter")).toHaveLength(3);
});

test("a clock that was ahead for a while, and is put right, keeps no schedule from being due", async () => {
  now = Date.parse("2031-06-01T12:15:00.000Z");
  await host.report({ type: "metrics" });
  await round(fleet.parts, false);
  await runAll("quarter");
  const before = startedBy("quarter").length;

  await lookAt("12:20:00");
  expect(schedule("quarter").nextAt).toBe(iso("12:30:00"));
  expect(events("schedule_put_right").length).toBeGreaterThan(0);
  await lookAt("12:30:00");
  expect(startedBy("quarter").length).toBe(before + 1);
});

test("a schedule that cannot begin says why, and is due again", async () => {
  now = Date.parse("2030-06-02T00:30:00.000Z");
  await host.report({ type: "metrics" });
  await round(fleet.parts, false);

  expect(schedule("nightly")).toMatchObject({ outcome: "failed", reason: "no host is meant by that target now" });
  expect(schedule("nightly").nextAt).toBe("2030-06-03T00:30:00.000Z");
  expect(events("schedule_failed").at(-1)).toMatchObject({ level: "error", actor: "schedule:nightly" });
});

test("a schedule that is changed in the file begins anew, and one that is gone is forgotten", async () => {
  file(FILE.replace("*/15 * * * *", "*/20 * * * *").replace(/ {2}patient.*\n/, ""));
  await browser.post("/api/catalogue/read");
  await lookAt("12:16:00");

  expect(schedule("quarter").nextAt).toBe(iso("12:20:00"));
  expect(startedBy("quarter")).toEqual([]);
  expect(fleet.manager.state.schedules.has("patient")).toBe(false);
});

test("[D2] a run that was started stays one run over a restart, and the next due time stands", async () => {
  await lookAt("12:15:00");
  await fleet.close();
  await start();
  host = new HostAgent(fleet.address, host.id, host.credential, "run-2");
  await lookAt("12:15:20");
  expect(startedBy("quarter")).toHaveLength(1);
  await runAll("quarter");

  await lookAt("12:30:00");
  expect(startedBy("quarter")).toHaveLength(2);
});

test("one can be run now, by who may run what it says, and its own times stay as they are", async () => {
  const before = schedule("quarter");
  const run = (id: string, key: string) =>
    browser.post(`/api/schedules/${id}/run`, undefined, { "idempotency-key": key });

  const first = await run("quarter", "now");
  const again = await run("quarter", "now");

  expect([first.status, again.status, again.body]).toEqual([202, 202, first.body]);
  const started = [...fleet.manager.state.commands.values()];
  expect(started).toMatchObject([{ host: host.id, op: "uptime", requestedBy: "admin", runId: first.body.runId }]);
  expect([schedule("quarter"), startedBy("quarter")]).toEqual([before, []]);
  await browser.call("PATCH", `/api/hosts/${host.id}`, { tags: ["prod"] });
  const { pipelineId } = (await run("nightly", "at-night")).body;
  expect(fleet.manager.state.pipelines.get(String(pipelineId))).toMatchObject({ name: "two", requestedBy: "admin" });
  expect((await run("nobody", "none")).body).toMatchObject({ code: "not_found" });
});

test("a schedule whose op is kept for admins is run now by no operator, and by nobody who is limited", async () => {
  file(`ops:\n  uptime: { roles: [admin] }\n${FILE}`);
  await browser.post("/api/catalogue/read");
  const operator = await limitedPerson(browser, "ope", "operator", null);
  const limited = await limitedPerson(browser, "lim", "operator", ["prod"]);

  const answers = [await operator.post("/api/schedules/quarter/run"), await limited.post("/api/schedules/patient/run")];

  expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
    [403, "forbidden"],
    [403, "forbidden"],
  ]);
  expect(fleet.manager.state.commands.size).toBe(0);
  expect((await browser.post("/api/schedules/quarter/run")).status).toBe(202);
});
