/**
 * `node --conditions=source tests/conformance/naive.ts` prints what the kit finds in the naive server, as a Markdown table. The
 * naive server speaks the plain profile only.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkServer, markdownOf, readScenarios, type Scenario, type ScenarioOutcome } from "@neverstale/conformance";
import { Supervised } from "./supervised.ts";

export async function checkNaiveServer(): Promise<ScenarioOutcome[]> {
  const scenarios = readScenarios("server").filter(({ profiles }) => profiles.includes("plain"));
  const amid = (each: Scenario) => each.rule === "A7";
  const one = (each: Scenario) => !amid(each) && JSON.stringify(each.steps).includes("$beaconMs");
  const none = (each: Scenario) => !amid(each) && !one(each);
  return [
    // Late beacons are the fault that A7 looks for: beacons have to be frequent.
    ...(await play(scenarios.filter(amid), 100)),
    ...(await play(scenarios.filter(one), 2_000)),
    // No beacon comes where nobody waits for one, so that each scenario shows its own fault.
    ...(await play(scenarios.filter(none), 600_000)),
  ];
}

async function play(scenarios: readonly Scenario[], beaconMs: number): Promise<ScenarioOutcome[]> {
  const folder = mkdtempSync(join(tmpdir(), "neverstale-naive-"));
  const server = await Supervised.start("naive-server.ts", join(folder, "naive.db"), beaconMs);
  try {
    const options = { url: server.url, control: server.controlUrl, headers: {}, beaconMs };
    return await checkServer(scenarios, ["plain"], options);
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) console.log(markdownOf(await checkNaiveServer()));
