import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, FleetProcess, SHOUT_YAML } from "../fleet-process-suite.ts";

const LIMIT_MS = 240_000;
let fleet: FleetProcess;

beforeAll(async () => {
  fleet = new FleetProcess(SHOUT_YAML);
  await fleet.start();
  await eventually(async () => (await host())?.online === true);
}, LIMIT_MS);
afterAll(() => fleet.dispose());

async function host() {
  return ((await fleet.state()).hosts ?? [])[0];
}

function credential(): string {
  return JSON.parse(readFileSync(join(fleet.agentDir, "credential.json"), "utf8")).credential;
}

async function rotations(): Promise<number> {
  const session = await fleet.session();
  const log = (await session.getJson("/api/event-log?category=audit&limit=1000")) as { events: { action: string }[] };
  return log.events.filter(({ action }) => action === "credential_rotated").length;
}

test("[C38] an agent that is killed at any point of it comes back, with one credential or the other", {
  timeout: LIMIT_MS,
}, async () => {
  const id = String((await host())?.id);
  const session = await fleet.session();
  for (const after of [0, 200, 500, 800, 1_100, 1_400]) {
    const [known, before] = [await rotations(), credential()];
    await session.change("POST", `/api/hosts/${id}/credential/rotate`);
    await delay(after); // A heartbeat comes every 1.5 s, so these are different points of it.
    fleet.killAgent();
    await eventually(async () => (await rotations()) === known + 1);

    expect(credential()).not.toBe(before);
  }
  expect((await fleet.cli("dispatch", "shout", id, "--arg", "name=you")).status).toBe(0);
});
