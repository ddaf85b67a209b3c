import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NodeFleet, until } from "./node-fleet.ts";
import type { NodeProcess } from "./node-process.ts";
import { Person } from "./person.ts";

const ROUNDS = 3;

/** Each run is noted in a file, so that nothing can have run twice unseen. */
const STAGE = `
const fs = require("node:fs");
fs.appendFileSync(process.env.RUNS, process.env.NEVERSTALE_COMMAND_ID + "\\n");
let line = 0;
const timer = setInterval(() => {
  line += 1;
  console.log("line " + line);
  if (line === 40) clearInterval(timer);
}, 25);`;
const WRITTEN = Array.from({ length: 40 }, (_, index) => `line ${index + 1}\n`).join("");

interface CommandSeen {
  readonly id: string;
  readonly status: string;
  readonly pipelineId?: string;
}

let fleet: NodeFleet;
let person: Person;
let hosts: string[] = [];

function runsFileOf(node: NodeProcess): string {
  return join(node.directory, "runs");
}

beforeAll(async () => {
  fleet = await NodeFleet.start();
  for (let count = 0; count < 3; count += 1) {
    const node = fleet.add();
    const stage = { argv: [process.execPath, "-e", STAGE], env: { RUNS: runsFileOf(node) }, timeout: "60s" };
    node.allowOps({ uptime: stage, disk: stage, memory: stage });
  }
  const [first, ...rest] = fleet.nodes;
  await first?.start();
  await Promise.all(rest.map((node) => node.start()));
  person = await Person.signIn(await fleet.writer());
  await until("three hosts are online", async () => {
    const { hosts: known = [] } = await person.state(await fleet.writer());
    const online = (known as { id: string; online: boolean; ops?: unknown[] }[]).filter(
      (host) => host.online && (host.ops?.length ?? 0) > 0,
    );
    hosts = online.map(({ id }) => id);
    return hosts.length === 3;
  });
});
afterAll(() => fleet?.dispose());

/** A pipeline is dispatched at a follower, and amid it `trouble` comes over the writer. */
async function pipelineThrough(trouble: (writer: NodeProcess) => Promise<void>): Promise<CommandSeen[]> {
  const writer = await fleet.writer();
  const [near, far] = fleet.others(writer);
  if (near === undefined || far === undefined) throw new Error("there are no three nodes");
  const key = { "idempotency-key": `pipeline-${performance.now()}` };
  const asked = { pipeline: "health", hosts };
  const { status, text, body } = await person.call(near, "POST", "/api/dispatch/pipeline", asked, key);
  if (status !== 202) throw new Error(text);
  const commands = async (node: NodeProcess) =>
    (((await person.state(node)).commands ?? []) as CommandSeen[]).filter((one) => one.pipelineId === body.pipelineId);
  await until("it runs", async () => (await commands(near)).some((command) => command.status === "running"));

  await trouble(writer);

  const repeated = await person.call(far, "POST", "/api/dispatch/pipeline", asked, key);
  expect(repeated.body.pipelineId).toBe(body.pipelineId);
  await until("it has ended", async () => {
    const { pipelines = [] } = await person.state(near);
    return pipelines.find((one: { id: string }) => one.id === body.pipelineId)?.status === "complete";
  });
  return commands(near);
}

/** Each command has run once, and what it wrote is whole at every node. */
async function expectTheWholeTruth(commands: readonly CommandSeen[]): Promise<void> {
  expect(commands).toHaveLength(9);
  const runs = fleet.nodes.flatMap((node) => readFileSync(runsFileOf(node), "utf8").trim().split("\n"));
  for (const { id, status } of commands) {
    expect({ id, status, runs: runs.filter((run) => run === id).length }).toEqual({ id, status: "succeeded", runs: 1 });
    for (const node of fleet.others())
      await until("its output is whole", async () => {
        const { text } = await person.get(node, `/api/commands/${id}/output?format=plain`);
        return text === WRITTEN;
      });
  }
}

async function expectOneState(): Promise<void> {
  await until("all nodes show the same", async () => {
    const shown = await Promise.all(fleet.others().map((node) => person.get(node, "/api/state")));
    return shown.length === 3 && new Set(shown.map(({ body }) => `${body.version} ${body.digest}`)).size === 1;
  });
}

describe("the fleet on three nodes, with an agent at each", () => {
  test("[T7] pipelines go on when their writer is killed again and again, and nothing runs twice", async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      let killed: NodeProcess | null = null;
      const commands = await pipelineThrough(async (writer) => {
        killed = writer;
        await writer.end("SIGKILL");
        await writer.start();
      });
      expect(killed).not.toBeNull();
      await expectTheWholeTruth(commands);
    }
    await expectOneState();
  });

  test("[T2] a writer that was paused finds its term over, and stores nothing more of it", async () => {
    let paused: NodeProcess | null = null;
    const commands = await pipelineThrough(async (writer) => {
      paused = writer;
      const running = fleet.others(writer);
      writer.signal("SIGSTOP");
      await until("another one decides", async () =>
        (await Promise.all(running.map((node) => node.readiness()))).some(({ role }) => role === "writer"),
      );
      writer.signal("SIGCONT");
    });

    await expectTheWholeTruth(commands);
    await expectOneState();
    expect(await fleet.writer()).not.toBe(paused);
  });

  test("[T5] a writer that is told to end amid a pipeline hands over", async () => {
    const commands = await pipelineThrough(async (writer) => {
      expect(await writer.end("SIGTERM")).toBe(0);
      await writer.start();
    });

    await expectTheWholeTruth(commands);
    await expectOneState();
  });
});
