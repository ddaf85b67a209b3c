import { existsSync, mkdirSync, readdirSync, watch } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, FleetProcess, SHOUT_YAML } from "../fleet-process-suite.ts";

const MOST_KILLS = 20;

let fleet: FleetProcess;
let directory: string;

beforeAll(() => {
  fleet = new FleetProcess(SHOUT_YAML);
  directory = join(fleet.directory, "backups");
  mkdirSync(directory, { mode: 0o700 });
  fleet.options = { backups: { directory, everyMs: 1, keep: 3 } };
});

afterAll(() => fleet.dispose());

function named(): string[] {
  return readdirSync(directory).filter((name) => name.endsWith(".db"));
}

function unfinished(): string[] {
  return readdirSync(directory).filter((name) => name.includes(".unfinished"));
}

/** Kills the server in the moment in which a file of a backup appears. */
async function killedAmidABackup(): Promise<void> {
  let killing: Promise<void> | null = null;
  const watcher = watch(directory, (_, name) => {
    if (killing === null && name?.endsWith(".unfinished") === true) killing = fleet.killServer();
  });
  try {
    await eventually(() => killing !== null);
    await killing;
  } finally {
    watcher.close();
  }
}

test("a server that is killed amid a backup leaves no half one under a name, goes on after its start, and is restored from one", async () => {
  await fleet.start();
  const host = await fleet.hostId();
  const ended = await fleet.dispatch("shout", { name: "early" });
  await fleet.end(ended);
  await eventually(() => named().length === 3);

  let caught = 0;
  for (let kills = 0; caught < 1 && kills < MOST_KILLS; kills += 1) {
    await killedAmidABackup();
    if (unfinished().length > 0) caught += 1;
    const newest = named().toSorted().at(-1) ?? "";
    const target = join(fleet.directory, `restored-${kills}`);
    expect(await fleet.cli("restore", join(directory, newest), "--data-dir", target)).toMatchObject({ status: 0 });
    await fleet.start();
  }
  const before = new Set(named());
  await eventually(() => named().some((name) => !before.has(name)));
  fleet.options = {};
  await fleet.killServer();
  const newest = named().toSorted().at(-1) ?? "";
  const restored = await fleet.cli("restore", join(directory, newest));
  await fleet.start();

  expect(caught).toBe(1);
  expect(named().length).toBeLessThanOrEqual(4); // The oldest goes right after a newer one has its name.
  expect(unfinished().length).toBeLessThanOrEqual(2); // What this last kill left, and its journal.
  expect(existsSync(join(directory, "backups.lock"))).toBe(true);
  expect(restored.status).toBe(0);
  expect(await fleet.hostId()).toBe(host);
  expect(await fleet.output(ended)).toBe("hello early\n");
  expect((await fleet.cli("verify", "--seconds", "1")).status).toBe(0);
});
