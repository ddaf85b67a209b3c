import { join } from "node:path";
import { runs } from "@neverstale/base/test-processes";
import { afterEach, beforeEach, expect, test } from "vitest";
import { eventually, readText } from "./fleet-process-suite.ts";
import { CountingFleet } from "./recovery-suite.ts";

let fleet: CountingFleet;

beforeEach(async () => {
  fleet = new CountingFleet();
  await fleet.start();
});

afterEach(() => fleet.dispose());

// `npm run proofs` kills the agent alone and the server alone, too, at other moments.

test("kill -9 of both, again and again, while an op runs: no hole, no repetition, the true status, one run", async () => {
  const id = await fleet.begin("count");

  for (let round = 0; round < 3; round += 1) {
    await fleet.killServer();
    if (fleet.agentPid() !== null) fleet.killAgent();
    await fleet.start();
    await eventually(() => fleet.agentPid() !== null);
  }

  await fleet.expectTheWholeTruth(id);
});

test("an op whose runner is killed too ends as lost, with what it wrote", async () => {
  const id = await fleet.begin("sleep");
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

test("after a restore the op that runs, which the older state doesn't know, is adopted and told whole", async () => {
  const file = join(fleet.directory, "backup.db");
  await fleet.hostId();
  expect(await fleet.cli("backup", file)).toMatchObject({ status: 0 });
  const id = await fleet.begin("count");

  await fleet.killServer();
  expect(await fleet.cli("restore", file)).toMatchObject({ status: 0 });
  await fleet.start();
  await fleet.untilKnown(id);

  await fleet.expectTheWholeTruth(id);
});
