import type { Command, DispatchAnswer, Pipeline } from "@neverstale/fleet-domain";
import { COMMAND_LIMIT } from "@neverstale/fleet-domain";
import { memoryStore } from "@neverstale/server";
import { afterAll, expect, test } from "vitest";
import { type Browser, Fleets, makeHosts, OPS, signIn } from "../fleet/fleet-suite.ts";
import { SILENT_AT_ONCE, sweepFleet } from "../hosts/sweep.ts";
import type { RunningFleet } from "../process/io/start.ts";
import { claim } from "./claims.ts";
import { endCommand } from "./decide.ts";
import { drive } from "./driver.ts";

/** More than the live state keeps of commands that have ended. */
const MANY = COMMAND_LIMIT + 50;

const fleets = new Fleets();
afterAll(() => fleets.end());

async function startPipeline(fleet: RunningFleet, browser: Browser, hosts: string[]) {
  const { body } = await browser.post("/api/dispatch/pipeline", { pipeline: "health", hosts });
  const id = String(body.pipelineId);
  return {
    record: () => fleet.manager.state.pipelines.get(id) as Pipeline,
    cells: (): Command[] => [...fleet.manager.state.commands.values()].filter((one) => one.pipelineId === id),
  };
}

/** Each of them is claimed and ends, in one transaction. */
function runAll(fleet: RunningFleet, commands: readonly Command[], status: "succeeded" | "failed"): Promise<unknown> {
  return fleet.parts.transactions.transact((work) => {
    for (const { id, host } of commands) {
      claim(work, host, { commandId: id, instance: "run-1" });
      endCommand(work, work.fleet.commands.get(id) as Command, { status, actor: `agent:${host}` });
    }
    drive(work);
  });
}

test("a stage that failed everywhere is followed by none, on however many hosts", async () => {
  const fleet = await fleets.start();
  const browser = await signIn(fleet);
  const hosts = await makeHosts(fleet, MANY, OPS.slice(1)); // Their agents don't allow the first stage.

  const { record } = await startPipeline(fleet, browser, hosts);

  expect(record()).toMatchObject({ status: "failed", currentStage: 0 });
  expect(record().failedHosts.toSorted()).toEqual(hosts);
  expect(hosts.filter((id) => (fleet.manager.space(`agent/${id}`)?.state.commands?.size ?? 0) > 0)).toEqual([]);
});

test("[B44] the grid of a running pipeline is whole; once it has ended the newest commands are kept", async () => {
  const fleet = await fleets.start();
  const browser = await signIn(fleet);
  const hosts = await makeHosts(fleet, MANY);
  const { record, cells } = await startPipeline(fleet, browser, hosts);
  const ofStage = (stage: number) => cells().filter((command) => command.stage === stage);

  await runAll(fleet, ofStage(0).slice(0, MANY - 1), "failed");
  expect(cells()).toHaveLength(3 * MANY);
  expect(record().failedHosts).toHaveLength(MANY - 1);
  await runAll(fleet, ofStage(0).slice(MANY - 1), "succeeded");
  expect(ofStage(1).filter((command) => command.status === "pending")).toHaveLength(1);
  await browser.post(`/api/pipelines/${record().id}/cancel`);

  expect(record().status).toBe("cancelled");
  expect(fleet.manager.state.commands.size).toBe(COMMAND_LIMIT);
});

test("when very many hosts fall silent at once, one look finds so many of them, and the next one the others", async () => {
  const fleet = await fleets.start();
  await makeHosts(fleet, SILENT_AT_ONCE + 50);
  const look = async () => {
    const { result } = await fleet.parts.transactions.transact((work) => {
      sweepFleet(work, () => true);
      return [...work.fleet.hosts.values()].filter((host) => host.online).length;
    });
    return result;
  };

  expect([await look(), await look()]).toEqual([50, 0]);
});

test("an op that most of many hosts don't allow is answered with what became of each", async () => {
  const fleet = await fleets.start();
  const browser = await signIn(fleet);
  const hosts = await makeHosts(fleet, MANY, OPS.slice(1));
  await fleet.parts.transactions.transact((work) => work.change("host_updated", hosts[0] ?? "", { ops: OPS }));

  const answer = await browser.post("/api/dispatch", { op: "uptime", hosts });

  const commands = answer.body.commands as unknown as DispatchAnswer["commands"];
  expect(answer.status).toBe(202);
  expect(commands.map((command) => command.host)).toEqual(hosts);
  expect(commands.filter((command) => command.status === "blocked")).toHaveLength(MANY - 1);
  expect(fleet.manager.state.commands.size).toBe(COMMAND_LIMIT + 1);
});

test("commands that ended before there was a mark for it are kept to the newest as well", async () => {
  const store = memoryStore();
  const before = await fleets.start({ store });
  const [host = ""] = await makeHosts(before, 1);
  const old = { host, op: "uptime", args: {}, status: "succeeded", requestedBy: "admin", outputBytes: 0 } as const;
  await before.parts.transactions.transact((work) => {
    for (let index = 0; index < MANY; index += 1)
      work.change("command_started", host, { ...old, id: `old-${index}`, createdAt: work.at.iso });
  });
  await before.close();

  const after = await fleets.start({ store });

  expect(after.manager.state.commands.size).toBe(COMMAND_LIMIT);
});
