import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ended, removeWithProcesses } from "@neverstale/base/test-processes";
import type { Command } from "@neverstale/fleet-domain";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Admin, Machine } from "../browser/api.ts";
import { launchChromium } from "../browser/chromium.ts";
import { FleetProcess } from "../browser/fleet-process.ts";
import { Tab } from "../browser/tab.ts";
import { until } from "../engine/authority-process.ts";
import { type FleetFacts, factsIn, outputOf, releasedVersions, unpacked } from "./releases.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(() => browser.close());

describe.each(releasedVersions())("a data directory of version %s", (version) => {
  let folder: string;
  let facts: FleetFacts;
  let fleet: FleetProcess;

  beforeEach(async () => {
    folder = unpacked(version, "fleet");
    facts = factsIn(folder);
    fleet = new FleetProcess({ dataDir: join(folder, "data") });
    await fleet.start();
  });

  afterEach(async () => {
    await fleet.remove();
    rmSync(folder, { recursive: true });
  });

  test("[P3] holds its hosts, runs, output and accounts, and its agents' credentials are accepted", async () => {
    const admin = await Admin.signIn(fleet.address);

    const { state } = await admin.state();
    const output = await outputOf(fleet.address, admin, facts.commandId);
    const report = await fetch(`${fleet.address}/agent/reports`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${facts.credential}` },
      body: JSON.stringify({ instance: "test", seq: 1_000, reports: [] }),
    });

    expect(state.commands).toEqual(facts.state.commands);
    expect(state.pipelines).toEqual(facts.state.pipelines);
    expect(state.hosts).toEqual(facts.state.hosts?.map((host) => expect.objectContaining(lasting(host))));
    expect(state.events).toEqual(expect.arrayContaining([...(facts.state.events ?? [])]));
    expect(output).toBe(facts.output);
    expect(report.status).toBe(200);
  });
});

/** What of a host hangs on no clock: one that is not heard for a while is offline. */
function lasting({ id, hostname, tags, ops }: FleetFacts["state"][string][number]) {
  return { id, hostname, tags, ops };
}

describe.each(releasedVersions())("version %s beside today's server", (version) => {
  let fleet: FleetProcess;
  let admin: Admin;

  beforeEach(async () => {
    fleet = new FleetProcess();
    await fleet.start();
    admin = await Admin.signIn(fleet.address);
  });

  afterEach(() => fleet.remove());

  test("[M6] its agent enrols, runs an op, sends the output, and works on after the server was killed", async () => {
    const folder = unpacked(version, "agent");
    const agent = startAgent(folder, fleet.address, await admin.enrollmentToken());
    try {
      const online = async () => (await admin.hosts()).find((host) => host.online === true && host.ops.length > 0)?.id;
      await until("the agent is online", async () => (await online()) !== undefined);
      const host = (await online()) as string;

      const before = await endOf(admin, await admin.dispatch("uptime", [host]));
      await fleet.killHard();
      await fleet.start();
      await until("the agent is back", async () => (await online()) !== undefined);
      const after = await endOf(admin, await admin.dispatch("uptime", [host]));

      expect([before.status, after.status]).toEqual(["succeeded", "succeeded"]);
      expect((await outputOf(fleet.address, admin, after.id)).length).toBeGreaterThan(0);
    } finally {
      await ended(agent);
      await removeWithProcesses(folder);
    }
  });
});

describe.each(releasedVersions())("the page of version %s on today's server", (version) => {
  let folder: string;
  let fleet: FleetProcess;

  beforeEach(async () => {
    folder = unpacked(version, "page");
    fleet = new FleetProcess({ webDirectory: folder });
    await fleet.start();
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") console.error(await Tab.describeOpen());
    await fleet.remove();
    rmSync(folder, { recursive: true });
  });

  test("[M6] shows what changes, also after the server was killed and started again", async () => {
    const admin = await Admin.signIn(fleet.address);
    const machine = await Machine.enroll(fleet.address, admin, "web-1");
    const tab = await Tab.open(browser, fleet.address, { cookie: admin.cookie });
    await tab.page.goto(`${fleet.address}/hosts`);
    await tab.row("web-1").waitFor();
    await tab.isLive();

    await admin.patchHost(machine.hostId, { tags: ["first"] });
    await tab.row("web-1").getByText("first").waitFor();
    await fleet.killHard();
    await fleet.start();
    await admin.patchHost(machine.hostId, { tags: ["second"] });
    await tab.row("web-1").getByText("second").waitFor();
    await tab.isLive();

    tab.assertNothingWrong();
    await tab.close();
  });
});

async function endOf(admin: Admin, commandId: string): Promise<Command> {
  await until("the op has ended", async () => (await admin.command(commandId))?.finishedAt !== undefined);
  return (await admin.command(commandId)) as Command;
}

/** In a directory below the folder, with its output beside it. */
function startAgent(folder: string, address: string, token: string): ChildProcess {
  const dataDir = join(folder, "data");
  mkdirSync(dataDir, { mode: 0o700 });
  writeFileSync(join(dataDir, "token"), token, { mode: 0o600 });
  const args = ["--server", address, "--data-dir", dataDir, "--enroll-token-file", join(dataDir, "token")];
  return spawn(process.execPath, [join(folder, "dist/io/main.js"), ...args], { stdio: "ignore" });
}
