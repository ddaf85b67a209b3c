import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { memoryStore } from "@neverstale/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Browser,
  commandsOf,
  enrollHost,
  Fleets,
  type HostAgent,
  hostMaker,
  signIn,
} from "../../fleet/fleet-suite.ts";
import type { RunningFleet } from "../../process/io/start.ts";
import { FLEET_FILE_BYTES } from "./fleet-file.ts";

const fleets = new Fleets();
let fleet: RunningFleet;
let browser: Browser;
const dataDir = fleets.directory();
const now = Date.now();

const FILE = `
ops:
  uptime: { title: Look how long it runs, busy: wait }
  disk: { offline: queue, deliver_within: 10m }
  memory: { busy: block }
pipelines:
  canary:
    stages: [uptime, disk]
    waves: [1, rest]
    max_fail: 0
  look: { stages: [uptime, memory] }
`;

function write(text: string): void {
  writeFileSync(join(dataDir, "fleet.yaml"), text);
}

async function readAgain(): Promise<unknown> {
  const answer = await browser.post("/api/catalogue/read");
  expect(answer.status).toBe(200);
  return answer.body.problems;
}

function rules() {
  const { opRules, pipelineRules } = fleet.manager.state;
  return { ops: [...opRules.keys()].sort(), pipelines: [...pipelineRules.keys()].sort() };
}

beforeAll(async () => {
  write(FILE);
  fleet = await fleets.start({ dataDir, now: () => now });
  browser = await signIn(fleet);
});
afterAll(() => fleets.end());

const newHost = hostMaker(() => browser);

describe("what the file says is in the state", () => {
  test("from the start on, with one event of it", async () => {
    expect(rules()).toEqual({ ops: ["disk", "memory", "uptime"], pipelines: ["canary", "look"] });
    expect(fleet.manager.state.catalogueFiles.get("fleet.yaml")).toMatchObject({ source: "file", problems: [] });
    expect((await browser.get("/api/pipelines")).body).toContainEqual({ name: "look", stages: ["uptime", "memory"] });
    const events = [...fleet.manager.state.events.values()].filter(({ action }) => action === "catalogue_changed");
    expect(events).toMatchObject([{ category: "audit", message: expect.stringContaining("2 pipelines") }]);
  });

  test("a file that says the same again changes nothing", async () => {
    const before = fleet.manager.version;
    expect(await readAgain()).toEqual([]);
    expect(fleet.manager.version).toBe(before);
  });

  test("a file that is wrong changes nothing but what is said of it, until it is right again", async () => {
    write("ops:\n  uptime: { titel: x }\npipelines: {}");
    expect(await readAgain()).toEqual(['line 2: ops.uptime: Unrecognized key: "titel"']);
    expect(rules().pipelines).toEqual(["canary", "look"]);
    expect(fleet.manager.state.catalogueFiles.get("fleet.yaml")?.problems).toHaveLength(1);

    write(FILE);
    expect(await readAgain()).toEqual([]);
    expect(fleet.manager.state.catalogueFiles.get("fleet.yaml")?.problems).toEqual([]);
  });

  test("a file with many mistakes is told of in twenty lines", async () => {
    write(`ops:\n${Array.from({ length: 50 }, (_, at) => `  op${at}: { titel: x }`).join("\n")}`);
    const problems = (await readAgain()) as string[];
    expect(problems).toHaveLength(20);
    expect(problems.at(-1)).toBe("and 31 more");
    write(FILE);
    await readAgain();
  });

  test("[B113] a file that is too large, or no text, is not taken", async () => {
    write(`#${" ".repeat(FLEET_FILE_BYTES)}`);
    expect(await readAgain()).toEqual([`it has ${FLEET_FILE_BYTES + 1} bytes, and may have ${FLEET_FILE_BYTES}`]);
    writeFileSync(join(dataDir, "fleet.yaml"), Buffer.from([0xff, 0xfe]));
    expect(await readAgain()).toHaveLength(1);
    expect(rules().pipelines).toEqual(["canary", "look"]);
    write(FILE);
    await readAgain();
  });

  test("only an admin has it read: whoever is not signed in is refused", async () => {
    const answer = await browser.post("/api/catalogue/read", undefined, { cookie: undefined });
    expect(answer.status).toBe(401);
  });
});

test("a server whose file is wrong starts, with the rules of before; one whose named file is missing does not", async () => {
  const store = memoryStore();
  const directory = fleets.directory();
  writeFileSync(join(directory, "fleet.yaml"), "pipelines:\n  mine: { stages: [a] }");
  const first = await fleets.start({ dataDir: directory, store });
  await first.close();
  writeFileSync(join(directory, "fleet.yaml"), "pipelines: [");
  const second = await fleets.start({ dataDir: directory, store });

  expect([...second.manager.state.pipelineRules.keys()]).toEqual(["mine"]);
  expect(second.manager.state.catalogueFiles.get("fleet.yaml")?.problems.length).toBeGreaterThan(0);
  await expect(fleets.start({ fleetFile: join(directory, "other.yaml") })).rejects.toThrow("there is no");
});

describe("an op is treated as its rule says", () => {
  const status = (id: string) => fleet.manager.state.commands.get(id)?.status;
  const dispatch = async (op: string, host: HostAgent) => {
    const [command] = commandsOf(await browser.post("/api/dispatch", { op, hosts: [host.id] }));
    return command ?? { id: "", status: "nothing" as const };
  };

  test("one that waits for a busy host is not blocked there, and goes when the host is free", async () => {
    const host = await newHost();
    const first = await dispatch("memory", host);
    expect(await dispatch("memory", host)).toMatchObject({ status: "blocked" });
    const waiting = await dispatch("uptime", host);
    expect(waiting).toMatchObject({ status: "pending", reason: "busy: memory is still running there" });

    await host.run(first.id);
    await host.run(waiting.id);
    expect(status(waiting.id)).toBe("succeeded");
  });

  test("one that is queued for a host that is offline has the deadline of its rule", async () => {
    const host = await newHost();
    await fleet.parts.transactions.transact((work) => work.change("host_updated", host.id, { online: false }));

    expect(await dispatch("uptime", host)).toMatchObject({ status: "blocked" });
    const { id } = await dispatch("disk", host);
    const deadline = fleet.manager.state.commands.get(id)?.deadline ?? "";
    expect(Date.parse(deadline) - now).toBe(600_000);
  });
});

describe("a pipeline runs as its rule said when it was asked for", () => {
  const begin = async (pipeline: string, hosts: readonly HostAgent[]) => {
    const answer = await browser.post("/api/dispatch/pipeline", { pipeline, hosts: hosts.map(({ id }) => id) });
    expect(answer.status).toBe(202);
    const id = String(answer.body.pipelineId);
    return { id, record: () => fleet.manager.state.pipelines.get(id) };
  };
  /** They stand in the order of hosts and stages. */
  const commandsIn = (id: string) => {
    const hosts = fleet.manager.state.pipelines.get(id)?.hosts ?? [];
    return [...fleet.manager.state.commands.values()]
      .filter((one) => one.pipelineId === id)
      .sort((a, b) => hosts.indexOf(a.host) - hosts.indexOf(b.host) || (a.stage ?? 0) - (b.stage ?? 0));
  };
  const statuses = (id: string, host: HostAgent) =>
    commandsIn(id)
      .filter((one) => one.host === host.id)
      .map((one) => one.status);
  const run = async (id: string, host: HostAgent, stage: number, status: "succeeded" | "failed" = "succeeded") => {
    const command = commandsIn(id).find((one) => one.host === host.id && one.stage === stage);
    await host.run(command?.id ?? "", status);
  };

  test("the first wave goes through all stages before another host begins", async () => {
    const hosts = [await newHost(), await newHost(), await newHost()];
    const [first, second, third] = hosts as [HostAgent, HostAgent, HostAgent];
    const { id, record } = await begin("canary", hosts);
    expect(record()).toMatchObject({ waves: [1, "rest"], currentWave: 0, maxFail: 0 });

    await run(id, first, 0);
    const given = hosts.map((host) => fleet.manager.space(`agent/${host.id}`)?.state.commands?.size);
    expect(given).toEqual([1, 0, 0]);
    await run(id, first, 1);
    expect(record()).toMatchObject({ currentWave: 1, currentStage: 0 });
    for (const stage of [0, 1]) for (const host of [second, third]) await run(id, host, stage);
    expect(record()).toMatchObject({ status: "complete", failedHosts: [] });
    expect(record()?.unfinished).toBeUndefined();
  });

  test("beyond max_fail nothing more begins, and a retry runs exactly what failed, or what did not start too", async () => {
    const hosts = [await newHost(), await newHost(), await newHost()];
    const [first, second] = hosts as [HostAgent, HostAgent, HostAgent];
    const { id, record } = await begin("canary", hosts);
    await run(id, first, 0);
    await run(id, first, 1, "failed");

    expect(record()).toMatchObject({ status: "failed", reason: "max_fail: it failed on 1 host, and may on 0" });
    expect(statuses(id, second)).toEqual(["skipped", "skipped"]);
    expect(record()?.unfinished).toEqual({
      [first.id]: { stage: 1, started: true },
      [second.id]: { stage: 0, started: false },
      [hosts[2]?.id ?? ""]: { stage: 0, started: false },
    });

    const failed = await browser.post(`/api/pipelines/${id}/retry`, { only: "failed" });
    expect(failed.status).toBe(202);
    const again = String(failed.body.pipelineId);
    expect(commandsIn(again).map(({ host, stage }) => [host, stage])).toEqual([[first.id, 1]]);
    await run(again, first, 1);
    expect(fleet.manager.state.pipelines.get(again)).toMatchObject({ status: "complete", retryOf: id });

    const all = await browser.post(`/api/pipelines/${id}/retry`, { only: "failed_and_not_started" });
    expect(commandsIn(String(all.body.pipelineId)).map(({ host, stage }) => [host, stage])).toEqual([
      [first.id, 1],
      ...hosts.slice(1).flatMap((host) => [
        [host.id, 0],
        [host.id, 1],
      ]),
    ]);
  });

  test("[D1] a retry that is asked for again with the same key is the same one", async () => {
    const host = await newHost();
    const { id } = await begin("look", [host]);
    await run(id, host, 0, "failed");
    const ask = () =>
      browser.post(`/api/pipelines/${id}/retry`, { only: "failed" }, { "idempotency-key": `retry-${id}` });

    const [one, two] = [await ask(), await ask()];
    expect(one.status).toBe(202);
    expect(two.body).toEqual(one.body);
  });

  test("a pipeline that runs, left nothing, or is not there can't be retried", async () => {
    const host = await newHost();
    const { id } = await begin("look", [host]);
    const retry = (pipeline: string) =>
      browser.post(`/api/pipelines/${pipeline}/retry`, { only: "failed_and_not_started" });
    expect((await retry(id)).body).toMatchObject({ status: 400, detail: "pipeline look still runs" });
    for (const stage of [0, 1]) await run(id, host, stage);
    expect((await retry(id)).body).toMatchObject({
      status: 400,
      detail: "pipeline look left nothing of that to be done",
    });
    expect((await retry("nothing")).status).toBe(404);
    expect((await browser.post(`/api/pipelines/${id}/retry`, { only: "all" })).status).toBe(400);
  });

  test("a command that ran on while its pipeline was cancelled and succeeded is not run again", async () => {
    const host = await newHost();
    const { id, record } = await begin("look", [host]);
    const first = commandsIn(id)[0]?.id ?? "";
    await host.claim(first);
    await browser.post(`/api/pipelines/${id}/cancel`);
    expect(record()?.unfinished).toEqual({ [host.id]: { stage: 0, started: true } });

    await host.finished(first, "succeeded");
    expect(record()?.unfinished).toEqual({ [host.id]: { stage: 1, started: false } });
    const again = await browser.post(`/api/pipelines/${id}/retry`, { only: "failed_and_not_started" });
    expect(commandsIn(String(again.body.pipelineId)).map(({ stage }) => stage)).toEqual([1]);
  });

  test("a stage of an op that is queued waits for a host that is offline, and one of another op is blocked", async () => {
    const host = await newHost();
    const { id } = await begin("canary", [host]);
    await run(id, host, 0);
    const [, second] = commandsIn(id);
    expect(second).toMatchObject({ op: "disk", status: "pending" });
    const away = await enrollHost(browser, "away");
    const other = await begin("look", [away]);
    expect(statuses(other.id, away)[0]).toBe("blocked");
  });
});
