import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "@neverstale/fleet-domain";
import { memoryStore } from "@neverstale/server";
import { afterAll, beforeEach, expect, test } from "vitest";
import { type Browser, dispatchUptime, Fleets, HostAgent, onlineHost, signIn } from "../../fleet/fleet-suite.ts";
import { round } from "../../process/io/rounds.ts";
import type { RunningFleet } from "../../process/io/start.ts";

const FILE = `
ops:
  uptime: { retries: 2, backoff: 10s }
  disk: { retries: 10, backoff: 30m }
pipelines:
  two: { stages: [uptime, memory] }
`;

const fleets = new Fleets();
let now = Date.now();
let fleet: RunningFleet;
let browser: Browser;
let host: HostAgent;

async function start(store = memoryStore()): Promise<void> {
  const dataDir = fleets.directory();
  writeFileSync(join(dataDir, "fleet.yaml"), FILE, { mode: 0o600 });
  fleet = await fleets.start({ dataDir, store, now: () => now, steadyNow: () => now });
}

beforeEach(async () => {
  await start();
  browser = await signIn(fleet);
  host = await onlineHost(browser, "web-1");
});
afterAll(() => fleets.end());

function command(id: string | undefined): Command {
  const found = fleet.manager.state.commands.get(id ?? "");
  if (found === undefined) throw new Error(`there is no command ${id}`);
  return found;
}

/** The clock goes on by so much, and the host is heard of meanwhile. */
async function pass(ms: number): Promise<void> {
  now += ms;
  await host.report({ type: "metrics" });
  await round(fleet.parts, false);
}

const assigned = (id: string | undefined) =>
  fleet.manager.space(`agent/${host.id}`)?.state.commands?.has(id ?? "") === true;

test("a command that failed is tried again by a command of its own, later and later, until it succeeds", async () => {
  const first = await dispatchUptime(browser, host);
  await host.run(first, "failed");

  const second = command(command(first).retriedBy);
  expect(command(first)).toMatchObject({ status: "failed" });
  expect(second).toMatchObject({ status: "pending", retryOf: first, attempt: 2, requestedBy: "admin", args: {} });
  expect(Date.parse(second.notBefore ?? "") - now).toBe(10_000);

  await pass(9_999);
  expect([assigned(second.id), (await host.claim(second.id)).status]).toEqual([false, 409]);
  await pass(1);
  expect(assigned(second.id)).toBe(true);
  await host.run(second.id, "failed");

  const third = command(command(second.id).retriedBy);
  expect(Date.parse(third.notBefore ?? "") - now).toBe(20_000);
  await pass(20_000);
  await host.run(third.id);

  expect(command(third.id)).toMatchObject({ status: "succeeded", attempt: 3 });
  expect(command(third.id).retriedBy).toBeUndefined();
});

test("[B132] after as many tries as the rule allows it has failed, and the wait is never longer than an hour", async () => {
  const answer = await browser.post("/api/dispatch", { op: "disk", hosts: [host.id] });
  let id = (answer.body.commands as unknown as { id: string }[])[0]?.id;
  const waits: number[] = [];
  for (let last = command(id); ; last = command(id)) {
    await host.run(last.id, "failed");
    id = command(last.id).retriedBy;
    if (id === undefined) break;
    waits.push(Date.parse(command(id).notBefore ?? "") - now);
    await pass(waits.at(-1) ?? 0);
  }

  expect(waits).toEqual([1_800_000, ...Array.from({ length: 9 }, () => 3_600_000)]);
  expect((await browser.get("/metrics")).text).toContain("neverstale_commands_waiting_for_retry 0");
});

test("what somebody stops is not tried again: neither while it runs nor while it waits", async () => {
  const running = await dispatchUptime(browser, host);
  await host.claim(running);
  await browser.post(`/api/commands/${running}/cancel`);
  await host.finished(running, "failed");
  expect(command(running).retriedBy).toBeUndefined();

  const failing = await dispatchUptime(browser, host);
  await host.run(failing, "failed");
  const next = command(failing).retriedBy;
  expect((await browser.get("/metrics")).text).toContain("neverstale_commands_waiting_for_retry 1");
  await browser.post(`/api/commands/${next}/cancel`);
  await pass(60_000);

  expect(command(next)).toMatchObject({ status: "cancelled" });
  expect(command(next).retriedBy).toBeUndefined();
});

test("a pipeline waits for the tries of its stage, and goes on when one succeeds", async () => {
  const { body } = await browser.post("/api/dispatch/pipeline", { pipeline: "two", hosts: [host.id] });
  const ofStage = (stage: number) =>
    [...fleet.manager.state.commands.values()].filter(
      (one) => one.pipelineId === body.pipelineId && one.stage === stage,
    );
  const pipeline = () => fleet.manager.state.pipelines.get(String(body.pipelineId));
  const [first] = ofStage(0);
  await host.run(first?.id ?? "", "failed");
  expect([pipeline()?.status, pipeline()?.failedHosts, pipeline()?.currentStage]).toEqual(["running", [], 0]);

  await pass(10_000);
  await host.run(command(first?.id).retriedBy ?? "");
  await host.run(ofStage(1)[0]?.id ?? "");

  expect(pipeline()).toMatchObject({ status: "complete", failedHosts: [] });
  expect(pipeline()?.unfinished).toBeUndefined();
});

test("when the tries of a stage are used up the host has failed, and a retry of the pipeline begins there", async () => {
  const { body } = await browser.post("/api/dispatch/pipeline", { pipeline: "two", hosts: [host.id] });
  const pipeline = () => fleet.manager.state.pipelines.get(String(body.pipelineId));
  let id = [...fleet.manager.state.commands.values()].find((one) => one.stage === 0)?.id;
  for (let next = id; next !== undefined; next = command(id).retriedBy) {
    id = next;
    await pass(60_000);
    await host.run(id, "failed");
  }

  expect(command(id).attempt).toBe(3);
  expect(pipeline()).toMatchObject({ status: "failed", failedHosts: [host.id] });
  expect(pipeline()?.unfinished).toEqual({ [host.id]: { stage: 0, started: true } });
});

test("[D2] a server that is started anew goes on with the try that waits, and makes no second one", async () => {
  const store = memoryStore();
  await fleet.close();
  await start(store);
  browser = await signIn(fleet);
  host = await onlineHost(browser, "web-1");
  const first = await dispatchUptime(browser, host);
  await host.run(first, "failed");
  const next = command(first).retriedBy;

  await fleet.close();
  await start(store);
  host = new HostAgent(fleet.address, host.id, host.credential, "run-2");
  await pass(10_000);
  await host.run(next ?? "");

  expect(new Set(fleet.manager.state.commands.keys())).toEqual(new Set([first, next]));
  expect(command(next)).toMatchObject({ status: "succeeded" });
});

test("a clock that is put right does not make the next try wait for as long as it was wrong", async () => {
  now += 3_600_000;
  const first = await dispatchUptime(browser, host);
  await host.run(first, "failed");
  const second = command(command(first).retriedBy);

  await pass(-3_600_000);

  expect(assigned(second.id)).toBe(true);
});
