import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "@neverstale/fleet-domain";
import { memoryStore } from "@neverstale/server";
import { afterAll, beforeEach, expect, test } from "vitest";
import { type Browser, commandsOf, Fleets, HostAgent, onlineHost, signIn } from "../../fleet/fleet-suite.ts";
import { round } from "../../process/io/rounds.ts";
import type { RunningFleet } from "../../process/io/start.ts";

const FILE = `
ops:
  uptime: { pre_checks: [disk] }
  memory: { post_checks: [web, db], post_checks_within: 1m }
  disk: { post_checks: [web], retries: 1, backoff: 1s }
pipelines:
  two: { stages: [memory, count] }
`;

const fleets = new Fleets();
let now = Date.parse("2030-01-01T12:00:00Z");
let store = memoryStore();
let fleet: RunningFleet;
let browser: Browser;
let host: HostAgent;

async function start(): Promise<void> {
  const dataDir = fleets.directory();
  writeFileSync(join(dataDir, "fleet.yaml"), FILE, { mode: 0o600 });
  fleet = await fleets.start({ dataDir, store, now: () => now, steadyNow: () => now });
}

beforeEach(async () => {
  store = memoryStore();
  await start();
  browser = await signIn(fleet);
  host = await onlineHost(browser, "web-1");
});
afterAll(() => fleets.end());

type Status = "ok" | "outdated" | "error" | "unknown";
const told = (statuses: Readonly<Record<string, Status>>, agoMs = 0) => {
  const checkedAt = new Date(now - agoMs).toISOString();
  const checks = Object.entries(statuses).map(
    ([name, status]) => [name, { status, message: "so", checkedAt }] as const,
  );
  return host.checks(Object.fromEntries(checks));
};

async function dispatch(op: string, more: object = {}): Promise<string> {
  const [made] = commandsOf(await browser.post("/api/dispatch", { op, hosts: [host.id], ...more }));
  return made?.id ?? "";
}

async function pass(ms: number): Promise<void> {
  now += ms;
  await host.report({ type: "metrics" });
  await round(fleet.parts, false);
}

function command(id: string | undefined): Command {
  const found = fleet.manager.state.commands.get(id ?? "");
  if (found === undefined) throw new Error(`there is no command ${id}`);
  return found;
}

test.each([
  [{}, "pre-check: its agent makes no check disk"],
  [{ disk: "error" }, "pre-check: disk is error: so"],
  [{ disk: "outdated" }, "pre-check: disk is outdated: so"],
  [{ disk: "unknown" }, "pre-check: disk is unknown: so"],
] as const)("an op whose check is not ok is blocked, and says why: %j", async (checks, reason) => {
  await told(checks);

  expect(command(await dispatch("uptime"))).toMatchObject({ status: "blocked", reason });
});

test("an op runs while its check is ok, and not once that was not told again in time", async () => {
  await told({ disk: "ok" });
  const id = await dispatch("uptime");
  await host.run(id);
  expect(command(id).status).toBe("succeeded");

  now += 180_001;
  await host.report({ type: "metrics" });
  expect(command(await dispatch("uptime"))).toMatchObject({
    status: "blocked",
    reason: expect.stringMatching(/^pre-check/),
  });
});

test("a command that waits for its host is looked at once more when its turn comes", async () => {
  await told({ disk: "ok" });
  const first = await dispatch("uptime");
  await host.claim(first);
  const waiting = await dispatch("uptime", { wait: true });
  expect(command(waiting)).toMatchObject({ status: "pending", reason: expect.stringMatching(/^busy/) });
  await told({ disk: "error" });
  await host.finished(first, "succeeded");

  expect(command(waiting)).toMatchObject({ status: "blocked", reason: "pre-check: disk is error: so" });
});

test("an op that succeeded is a success once its checks were made after its end and are ok", async () => {
  await told({ web: "ok", db: "ok" });
  const id = await dispatch("memory");
  await host.run(id);
  expect(command(id)).toMatchObject({ status: "running", verifying: { checks: ["web", "db"], exitCode: 0 } });
  expect(fleet.manager.state.hosts.get(host.id)?.runningCommand).toBeUndefined();
  expect((await browser.get("/metrics")).text).toContain("neverstale_commands_waiting_for_checks 1");

  now += 5_000;
  await told({ web: "ok", db: "ok" }, 5_001);
  expect(command(id).status).toBe("running");
  await told({ web: "ok", db: "error" });
  expect(command(id).status).toBe("running");
  await told({ web: "ok", db: "ok" });

  expect(command(id)).toMatchObject({ status: "succeeded", exitCode: 0, reason: "post-check: web, db ok" });
  expect(command(id).verifying).toBeUndefined();
  expect((await host.finished(id, "succeeded")).body.finished).toEqual([id]);
});

test("[B134] it has failed when they are not ok within the time, with the reason", async () => {
  const id = await dispatch("memory");
  await host.run(id);
  now += 1;
  await told({ web: "error", db: "ok" });
  await pass(59_998);
  expect(command(id).status).toBe("running");
  await pass(1);

  expect(command(id)).toMatchObject({ status: "failed", exitCode: 0, reason: "post-check: web is error: so" });
});

test("a check that went on saying ok from before, or is not there, is not enough", async () => {
  await told({ web: "ok", db: "ok" });
  const id = await dispatch("memory");
  await host.run(id);
  await pass(60_000);
  expect(command(id)).toMatchObject({ status: "failed", reason: "post-check: web was not made since the op's end" });

  await told({});
  const other = await dispatch("memory");
  await host.run(other);
  await pass(60_000);
  expect(command(other)).toMatchObject({ status: "failed", reason: "post-check: its agent makes no check web" });
});

test("an op that fails is not looked at again, and one that its checks fail is tried again", async () => {
  const failed = await dispatch("memory");
  await host.run(failed, "failed");
  expect(command(failed).status).toBe("failed");

  const id = await dispatch("disk");
  await host.run(id);
  await pass(60_000);
  expect(command(id)).toMatchObject({ status: "failed" });
  await pass(1_000);
  await host.run(command(id).retriedBy ?? "");
  now += 1;
  await told({ web: "ok" });
  expect(command(command(id).retriedBy)).toMatchObject({ status: "succeeded", attempt: 2 });
});

test.each([
  ["ok", "succeeded"],
  ["error", "failed"],
] as const)(
  "a success that comes after its command was given up as lost waits for its checks too: %s",
  async (web, status) => {
    const id = await dispatch("memory");
    await host.claim(id);
    await host.report({ type: "state", known: [] });
    await host.report({ type: "state", known: [] });
    expect(command(id)).toMatchObject({ status: "lost", retired: true });

    await host.finished(id, "succeeded");
    expect(command(id)).toMatchObject({ status: "running", verifying: { checks: ["web", "db"] } });
    expect([command(id).retired, command(id).finishedAt]).toEqual([undefined, undefined]);
    now += 1;
    await told({ web, db: "ok" });
    await pass(59_999);

    expect(command(id)).toMatchObject({ status, retired: true });
    expect(command(id).verifying).toBeUndefined();
  },
);

test("somebody may stop waiting for the checks", async () => {
  const id = await dispatch("memory");
  await host.run(id);
  await browser.post(`/api/commands/${id}/cancel`);

  expect(command(id)).toMatchObject({ status: "cancelled", reason: "its checks are waited for no more: admin" });
});

test("a pipeline goes on once the checks of its stage are ok", async () => {
  const { body } = await browser.post("/api/dispatch/pipeline", { pipeline: "two", hosts: [host.id] });
  const pipeline = () => fleet.manager.state.pipelines.get(String(body.pipelineId));
  const ofStage = (stage: number) => [...fleet.manager.state.commands.values()].find((one) => one.stage === stage);
  await host.run(ofStage(0)?.id ?? "");
  expect([pipeline()?.currentStage, ofStage(1)?.status]).toEqual([0, "pending"]);
  now += 1;
  await told({ web: "ok", db: "ok" });

  await host.run(ofStage(1)?.id ?? "");
  expect(pipeline()).toMatchObject({ status: "complete" });
});

test("[D2] a server that is started anew goes on waiting, and an agent that tells the end again is told that it is known", async () => {
  const id = await dispatch("memory");
  await host.run(id);
  await fleet.close();
  await start();
  host = new HostAgent(fleet.address, host.id, host.credential, "run-2");

  const answer = await host.finished(id, "succeeded");
  await host.report({ type: "state", known: [] });
  await host.report({ type: "state", known: [] });
  expect([answer.body.finished, command(id).status]).toEqual([[id], "running"]);
  now += 1;
  await told({ web: "ok", db: "ok" });

  expect(command(id).status).toBe("succeeded");
});
