import { readFileSync } from "node:fs";
import { join } from "node:path";
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

test("[C38] a real agent takes another credential by itself, and runs ops with it", { timeout: LIMIT_MS }, async () => {
  const before = credential();
  const id = String((await host())?.id);
  await (await fleet.session()).change("POST", `/api/hosts/${id}/credential/rotate`);
  await eventually(async () => (await rotations()) === 1);

  expect(credential()).not.toBe(before);
  expect((await fleet.cli("dispatch", "shout", id, "--arg", "name=you")).status).toBe(0);
});
