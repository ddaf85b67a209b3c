import { afterAll, beforeAll, expect, test } from "vitest";
import { type Browser, Fleets, hostMaker, signIn } from "../fleet/fleet-suite.ts";
import type { RunningFleet } from "../process/io/start.ts";

const fleets = new Fleets();
let fleet: RunningFleet;
let browser: Browser;

/** A host that reports once stays online, however long the tests take. */
const now = Date.now();

beforeAll(async () => {
  fleet = await fleets.start({ now: () => now });
  browser = await signIn(fleet);
});
afterAll(() => fleets.end());

const newHost = hostMaker(() => browser);
const mutate = (name: string, args: object, key?: string) =>
  browser.post(`/api/mutations/${name}`, { args }, key === undefined ? {} : { "idempotency-key": key });

test("[U1] [D2] dispatch_op starts an op by the mutation's own name, and says where its effect is", async () => {
  const host = await newHost();

  const { status, body } = await mutate("dispatch_op", { op: "uptime", hosts: [host.id] });

  const { manager } = fleet;
  expect([status, body.epoch, body.version]).toEqual([200, manager.epoch, manager.version]);
  const { commands } = body.answer as unknown as { commands: { id: string }[] };
  expect(manager.state.commands.get(commands[0]?.id ?? "")).toMatchObject({ host: host.id, requestedBy: "admin" });
});

test("[U1] dispatch_pipeline makes every command of its grid", async () => {
  const host = await newHost();

  const { body } = await mutate("dispatch_pipeline", { pipeline: "health", hosts: [host.id] });

  const { pipelineId } = body.answer as unknown as { pipelineId: string };
  expect(fleet.manager.state.pipelines.get(pipelineId)).toMatchObject({ name: "health", hosts: [host.id] });
});

test("[D1] a repeat under its key gets the first answer, with a fresh second factor too, and other arguments are refused", async () => {
  const host = await newHost();
  const args = { op: "uptime", hosts: [host.id] };

  const first = await mutate("dispatch_op", { ...args, totp: "123456" }, "a-mutation");
  const again = await mutate("dispatch_op", { ...args, totp: "654321" }, "a-mutation");
  const other = await mutate("dispatch_op", { ...args, wait: true }, "a-mutation");

  expect(again.body).toEqual(first.body);
  expect([other.status, other.body.code]).toEqual([409, "key_reused"]);
  const mine = [...fleet.manager.state.commands.values()].filter((command) => command.host === host.id);
  expect(mine).toHaveLength(1);
});

test.each([
  ["an unknown mutation", "reboot_all", {}, 404, "not_found"],
  ["arguments that the schema refuses", "dispatch_op", { op: "uptime", hosts: [] }, 400, "bad_request"],
  ["an unknown host", "dispatch_op", { op: "uptime", hosts: ["nobody"] }, 404, "unknown_host"],
  ["an unknown pipeline", "dispatch_pipeline", { pipeline: "none", hosts: ["nobody"] }, 404, "unknown_pipeline"],
])("[U5] %s is refused as at the old addresses, and nothing is stored", async (_, name, args, status, code) => {
  const { version } = fleet.manager;

  const answer = await mutate(name, args);

  expect([answer.status, answer.body.code]).toEqual([status, code]);
  expect(fleet.manager.version).toBe(version);
});

test("all that one dispatch started is found by its run, and stopped by it, tries of the same included", async () => {
  const [one, two] = [await newHost(), await newHost()];
  const started = await browser.post("/api/dispatch", { op: "uptime", hosts: [one.id, two.id] });
  const runId = String(started.body.runId);
  await browser.post("/api/dispatch", { op: "uptime", hosts: [one.id], wait: true });

  const stopped = await browser.post(`/api/runs/${runId}/cancel`);

  expect(stopped.status).toBe(202);
  const ofRun = await browser.get(`/api/commands?run=${runId}`);
  const found = ofRun.body.commands as unknown as { host: string; status: string }[];
  expect(found.map(({ host, status }) => [host, status]).sort()).toEqual([
    [one.id, "cancelled"],
    [two.id, "cancelled"],
  ]);
  expect((await browser.post("/api/runs/nothing/cancel")).body.code).toBe("unknown_command");
});

test("a pipeline that is to begin nothing more lets what runs come to its end", async () => {
  const host = await newHost();
  const started = await browser.post("/api/dispatch/pipeline", { pipeline: "health", hosts: [host.id] });
  const ofStage = (stage: number) =>
    [...fleet.manager.state.commands.values()].find((one) => one.host === host.id && one.stage === stage);
  await host.claim(ofStage(0)?.id ?? "");

  const stopped = await browser.post(`/api/pipelines/${String(started.body.pipelineId)}/cancel?running=leave`);

  expect(stopped.status).toBe(202);
  expect([ofStage(0)?.status, ofStage(0)?.cancelRequested, ofStage(1)?.status]).toEqual([
    "running",
    undefined,
    "cancelled",
  ]);
  await host.finished(ofStage(0)?.id ?? "", "succeeded");
  expect([ofStage(0)?.status, ofStage(1)?.status]).toEqual(["succeeded", "cancelled"]);
  expect((await browser.post(`/api/pipelines/${String(started.body.pipelineId)}/cancel?running=maybe`)).status).toBe(
    400,
  );
});
