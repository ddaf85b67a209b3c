import * as fs from "node:fs";
import { join } from "node:path";
import { runs } from "@neverstale/base/test-processes";
import { afterEach, beforeEach, expect, test } from "vitest";
import { eventually, FleetProcess, readText } from "./fleet-process-suite.ts";

const LIMIT_MS = 120_000;
const LINES = 200;

/** Prints its lines 20 ms apart, and counts its runs in a file. Bytes that are no UTF-8 are among them. */
const COUNT = `
const fs = require("node:fs");
fs.appendFileSync(process.env.RUNS, process.env.NEVERSTALE_COMMAND_ID + "\\n");
let line = 0;
const timer = setInterval(() => {
  line += 1;
  process.stdout.write(Buffer.concat([Buffer.from("line " + line + " \u20ac \u{1d11e} "), Buffer.from([0xff]), Buffer.from("\\n")]));
  if (line === ${LINES}) { clearInterval(timer); process.exitCode = 7; }
}, 20);`;

const EXPECTED = Array.from({ length: LINES }, (_, index) => `line ${index + 1} \u20ac \u{1d11e} \ufffd\n`).join("");
const EXPECTED_BYTES = Buffer.byteLength(EXPECTED) - 2 * LINES; // U+FFFD stands for one byte and is three.

let fleet: FleetProcess;
let runsFile: string;

beforeEach(async () => {
  fleet = new FleetProcess("ops: {}\n");
  runsFile = join(fleet.directory, "runs");
  const count = { argv: [process.execPath, "-e", COUNT], env: { RUNS: runsFile }, timeout: "60s" };
  const sleep = {
    argv: [process.execPath, "-e", "console.log(process.pid); setInterval(() => {}, 1000)"],
    timeout: "60s",
    kill_grace: "1s",
  };
  fs.writeFileSync(join(fleet.agentDir, "agent.yaml"), JSON.stringify({ ops: { count, sleep } }));
  await fleet.start();
});

afterEach(() => fleet.dispose());

test("kill -9 of the agent while an op runs: no hole, no repetition, the true status, one run", {
  timeout: LIMIT_MS,
}, async () => {
  const id = await fleet.dispatch("count");
  await someOutput(id);

  fleet.killAgent();

  await expectTheWholeTruth(id);
});

test("kill -9 of the server while an op runs: no hole, no repetition, the true status, one run", {
  timeout: LIMIT_MS,
}, async () => {
  const id = await fleet.dispatch("count");
  await someOutput(id);

  await fleet.killServer();
  await fleet.start();

  await expectTheWholeTruth(id);
});

test("kill -9 of both, again and again, while an op runs", { timeout: LIMIT_MS }, async () => {
  const id = await fleet.dispatch("count");
  await someOutput(id);

  for (let round = 0; round < 3; round += 1) {
    await fleet.killServer();
    if (fleet.agentPid() !== null) fleet.killAgent();
    await fleet.start();
    await eventually(() => fleet.agentPid() !== null);
  }

  await expectTheWholeTruth(id);
});

test("an op that ends while neither agent nor server runs is reported as it ended", {
  timeout: LIMIT_MS,
}, async () => {
  const id = await fleet.dispatch("count");
  await someOutput(id);

  await fleet.killServer();
  fleet.killAgent();
  await eventually(() => fs.existsSync(join(fleet.hostDir, "journal", `${id}.exit.json`)));
  await fleet.start();

  await expectTheWholeTruth(id);
});

test("an op whose runner is killed too ends as lost, with what it wrote", { timeout: LIMIT_MS }, async () => {
  const id = await fleet.dispatch("sleep");
  await someOutput(id);
  const runner = JSON.parse(readText(join(fleet.hostDir, "journal", `${id}.runner.json`)));

  await fleet.killServer();
  fleet.killAgent();
  process.kill(runner.pid, "SIGKILL");
  await fleet.start();

  const command = await fleet.end(id);
  const output = await fleet.output(id);
  expect(command).toMatchObject({ status: "lost", outputBytes: output.length });
  await eventually(() => !runs(Number(output)));
});

test("a cancel that is asked for while the agent is dead is carried out by the next one", {
  timeout: LIMIT_MS,
}, async () => {
  const id = await fleet.dispatch("sleep");
  await someOutput(id);
  const pid = Number(await fleet.output(id));

  fleet.killAgent();
  await fleet.cancel(id);

  expect(await fleet.end(id)).toMatchObject({ status: "cancelled" });
  expect(runs(pid)).toBe(false);
});

test("after a restore the op that runs, which the older state doesn't know, is adopted and told whole", {
  timeout: LIMIT_MS,
}, async () => {
  const file = join(fleet.directory, "backup.db");
  await fleet.hostId();
  expect(await fleet.cli("backup", file)).toMatchObject({ status: 0 });
  const id = await fleet.dispatch("count");
  await someOutput(id);

  await fleet.killServer();
  expect(await fleet.cli("restore", file)).toMatchObject({ status: 0 });
  await fleet.start();
  await eventually(async () => ((await fleet.state()).commands ?? []).some((command) => command.id === id));

  await expectTheWholeTruth(id);
});

test("after a restore an op that had ended since the backup is there again, with its output and its end", {
  timeout: LIMIT_MS,
}, async () => {
  const file = join(fleet.directory, "backup.db");
  await fleet.hostId();
  expect(await fleet.cli("backup", file)).toMatchObject({ status: 0 });
  const id = await fleet.dispatch("count");
  await expectTheWholeTruth(id);
  // The agent was told that it is settled.
  await eventually(() => JSON.parse(readText(join(fleet.hostDir, "journal", `${id}.entry.json`))).settledIn !== null);

  await fleet.killServer();
  expect(await fleet.cli("restore", file)).toMatchObject({ status: 0 });
  await fleet.start();
  await eventually(async () => ((await fleet.state()).commands ?? []).some((command) => command.id === id));

  await expectTheWholeTruth(id);
});

async function someOutput(id: string): Promise<void> {
  await eventually(async () => (await fleet.command(id)).status !== "pending" && (await fleet.output(id)) !== "");
}

async function expectTheWholeTruth(id: string): Promise<void> {
  expect(await fleet.end(id)).toMatchObject({ status: "failed", exitCode: 7, outputBytes: EXPECTED_BYTES });
  expect(await fleet.output(id)).toBe(EXPECTED);
  expect(readText(runsFile)).toBe(`${id}\n`);
}
