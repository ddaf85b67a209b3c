import * as fs from "node:fs";
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

test("kill -9 of the agent while an op runs: no hole, no repetition, the true status, one run", async () => {
  const id = await fleet.begin("count");

  fleet.killAgent();

  await fleet.expectTheWholeTruth(id);
});

test("kill -9 of the server while an op runs: no hole, no repetition, the true status, one run", async () => {
  const id = await fleet.begin("count");

  await fleet.killServer();
  await fleet.start();

  await fleet.expectTheWholeTruth(id);
});

test("an op that ends while neither agent nor server runs is reported as it ended", async () => {
  const id = await fleet.begin("count");

  await fleet.killServer();
  fleet.killAgent();
  await eventually(() => fs.existsSync(join(fleet.hostDir, "journal", `${id}.exit.json`)));
  await fleet.start();

  await fleet.expectTheWholeTruth(id);
});

test("a cancel that is asked for while the agent is dead is carried out by the next one", async () => {
  const id = await fleet.begin("sleep");
  const pid = Number(await fleet.output(id));

  fleet.killAgent();
  await fleet.cancel(id);

  expect(await fleet.end(id)).toMatchObject({ status: "cancelled" });
  expect(runs(pid)).toBe(false);
});

test("after a restore an op that had ended since the backup is there again, with its output and its end", async () => {
  const file = join(fleet.directory, "backup.db");
  await fleet.hostId();
  expect(await fleet.cli("backup", file)).toMatchObject({ status: 0 });
  const id = await fleet.dispatch("count");
  await fleet.expectTheWholeTruth(id);
  // The agent was told that it is settled.
  await eventually(() => JSON.parse(readText(join(fleet.hostDir, "journal", `${id}.entry.json`))).settledIn !== null);

  await fleet.killServer();
  expect(await fleet.cli("restore", file)).toMatchObject({ status: 0 });
  await fleet.start();
  await fleet.untilKnown(id);

  await fleet.expectTheWholeTruth(id);
});
