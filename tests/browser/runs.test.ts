import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Route } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Admin, Machine } from "./api.ts";
import { launchChromium } from "./chromium.ts";
import { FleetProcess } from "./fleet-process.ts";
import { Tab } from "./tab.ts";

const dataDir = mkdtempSync(join(tmpdir(), "neverstale-browser-"));
const fleet = new FleetProcess({ dataDir });
const machines = new Map<string, Machine>();
let browser: Browser;
let admin: Admin;
let tab: Tab;

const FLEET_FILE = `
pipelines:
  health: { stages: [uptime, disk, memory] }
schedules:
  yearly: { title: Look once a year, cron: "30 2 1 1 *", op: uptime, filter: many }
`;

beforeAll(async () => {
  writeFileSync(join(dataDir, "fleet.yaml"), FLEET_FILE, { mode: 0o600 });
  browser = await launchChromium();
  await fleet.start();
  admin = await Admin.signIn(fleet.address);
  for (const name of ["web-1", "web-2", "db-1"]) machines.set(name, await Machine.enroll(fleet.address, admin, name));
  tab = await Tab.open(browser, fleet.address, { cookie: admin.cookie });
});

afterEach(async ({ task }) => {
  if (task.result?.state === "fail") console.error(await Tab.describeOpen());
});

afterAll(async () => {
  await tab.close();
  await browser.close();
  await fleet.remove();
});

const machine = (name: string) => machines.get(name) as Machine;
const commands = async () => (await admin.state()).state.commands as unknown as readonly Ran[];
interface Ran {
  readonly id: string;
  readonly host: string;
  readonly status: string;
  readonly runId?: string;
}

test("what changed since the hosts were chosen is shown before anything is sent, and is sent by whoever has read it", async () => {
  const { page } = tab;
  await page.goto(`${fleet.address}/hosts`);
  for (const name of ["web-1", "web-2"]) await page.getByLabel(`Select ${name}`, { exact: true }).check();
  const bar = page.getByRole("form", { name: "Run on the selected hosts" });
  await bar.getByText("2 selected: 2 ready").waitFor();
  await bar.getByRole("button", { name: /What to run/ }).click();
  await page.getByRole("option", { name: "Speak" }).click();
  const other = await admin.dispatch("speak", ["web-2"]);
  await machine("web-2").claim(other);
  await bar.getByText("2 selected: 1 ready, 1 busy").waitFor();

  await bar.getByRole("button", { name: "Run Speak on 2 hosts" }).click();
  await bar.getByText("1 of 2 hosts changed since you chose this: web-2 is busy. Nothing was sent.").waitFor();
  expect((await commands()).map(({ id }) => id)).toEqual([other]);
  await page.keyboard.press("Enter"); // The answer has the focus.
  await bar.getByText(/Not started on web-2: Speak is still running there/).waitFor();

  expect((await commands()).filter(({ host }) => host === "web-1")).toMatchObject([{ status: "pending" }]);
  for (const { id, host } of await commands()) await finish(host, id, "succeeded");
  tab.assertNothingWrong();
});

test("what moves while the request is on its way is refused by the server, and shown as well", async () => {
  const { page } = tab;
  await page.goto(`${fleet.address}/hosts/db-1`);
  await page.getByRole("button", { name: "Run… on db-1" }).click();
  const dialog = page.getByRole("dialog", { name: "Run on hosts" });
  await dialog.getByRole("button", { name: /What to run/ }).click();
  await page.getByRole("option", { name: "Speak" }).click();
  const moveFirst = async (route: Route) => {
    await admin.patchHost("db-1", { tags: ["moved"] });
    await route.continue();
  };
  await page.route("**/api/dispatch", moveFirst, { times: 1 });
  await dialog.getByRole("button", { name: "Run Speak on 1 host" }).click();
  await dialog.getByText(/1 of 2 moved since version \d+: db-1 has another list of tags\. Nothing was sent/).waitFor();

  expect((await commands()).filter(({ host }) => host === "db-1")).toEqual([]);
  await dialog.getByRole("button", { name: "Run it anyway" }).click();
  await page.getByRole("tab", { name: /Speak · db-1/ }).waitFor();
  await dialog.waitFor({ state: "detached" });
  for (const { id, host } of await commands()) if (host === "db-1") await finish(host, id, "succeeded");
  tab.assertNothingWrong();
});

test("a key opens the dialog: where by a filter, what becomes of it on each host, and the same line for a shell", async () => {
  const { page } = tab;
  await page.goto(`${fleet.address}/hosts?q=web`);
  await tab.row("web-1").waitFor();
  await page.keyboard.press("r");
  const dialog = page.getByRole("dialog", { name: "Run on hosts" });
  await dialog.getByText("2 selected: 2 ready").waitFor();
  await dialog.getByRole("button", { name: /What to run/ }).click();
  await page.getByRole("option", { name: "Speak" }).click();
  await dialog.getByText("2 hosts run it now.").click();
  await dialog.getByText("web-1, web-2").waitFor();
  await dialog.getByText("The same in a shell").click();
  await dialog.getByText(`neverstale dispatch speak --filter web --url ${fleet.address}`).waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });

  await page.keyboard.press("Control+k");
  await page.getByRole("dialog", { name: "Find and go" }).getByRole("searchbox").fill("run speak");
  await page.getByRole("menuitem", { name: /Run Speak…/ }).click();
  await dialog.getByText("3 selected: 3 ready").waitFor();
  await dialog.getByRole("button", { name: "Run Speak on 3 hosts" }).waitFor();
  await page.keyboard.press("Escape");
  tab.assertNothingWrong();
});

test("the page of a run shows each host by how it ended, and runs again exactly what is left", async () => {
  const { page } = tab;
  machine("db-1").hush();
  await page.goto(`${fleet.address}/hosts`);
  await tab.row("db-1").getByText("Offline").waitFor();
  await page.keyboard.press("r");
  const dialog = page.getByRole("dialog", { name: "Run on hosts" });
  await dialog.getByRole("button", { name: /Where/ }).click();
  await page.getByRole("option", { name: "All hosts" }).click();
  await dialog.getByRole("button", { name: /What to run/ }).click();
  await page.getByRole("option", { name: "Speak" }).click();
  await dialog.getByText("db-1 is offline: it is blocked there.").waitFor();
  await dialog.getByRole("button", { name: "Run Speak on 3 hosts" }).click();
  await page.getByRole("heading", { level: 1, name: "Speak" }).waitFor();
  const runId = new URL(page.url()).pathname.split("/").at(-1) ?? "";
  await page.getByRole("button", { name: "Stop it on 2 hosts" }).waitFor();

  const ofRun = (await commands()).filter((command) => command.runId === runId);
  expect(ofRun.map(({ host, status }) => `${host} ${status}`).sort()).toEqual([
    "db-1 blocked",
    "web-1 pending",
    "web-2 pending",
  ]);
  for (const { id, host, status } of ofRun)
    if (status === "pending") await finish(host, id, host === "web-1" ? "succeeded" : "failed");
  await page.getByText("1 failed · 1 blocked · 1 succeeded").waitFor();
  await page
    .getByRole("region", { name: "Blocked: 1 host" })
    .getByText(/its agent is not connected/)
    .waitFor();
  await page.reload();
  await page.getByText("1 failed · 1 blocked · 1 succeeded").waitFor();
  await page.getByRole("button", { name: "Retry these and 1 not started" }).waitFor();

  await page.getByRole("button", { name: "Retry 1 host that failed" }).click();
  await page.getByText(/0 of 1 host done/).waitFor();
  const again = (await commands()).filter(({ status }) => status === "pending");
  expect(again.map(({ host }) => host)).toEqual(["web-2"]);
  await page.getByRole("button", { name: "Stop it on 1 host" }).click();
  await page.getByText("1 cancelled", { exact: false }).first().waitFor();
  await page.goBack();
  await page.getByText("1 failed · 1 blocked · 1 succeeded").waitFor();
  tab.assertNothingWrong();
});

test("what was started together is one row of the runs, and older runs are read from the history", async () => {
  const { page } = tab;
  await page.goto(`${fleet.address}/runs`);
  const row = page.locator(".runs tbody tr", { hasText: "3 hosts" });
  await row.getByText("1 failed · 1 blocked · 1 succeeded").waitFor();
  await page.getByRole("button", { name: "Read on in the history" }).click();
  await page.getByText("These are all that the history has.").waitFor();
  await page.getByLabel("Filter runs").fill("status:failed host:web-2");
  await row.waitFor();
  await row.getByRole("link", { name: "Speak" }).click();
  await page.getByRole("heading", { level: 1, name: "Speak" }).waitFor();
  tab.assertNothingWrong();
});

test("a pipeline says of each stage how far it is and how long it took, and is stopped and run again from its page", async () => {
  const { page } = tab;
  const ops = ["uptime", "disk", "memory"].map((name) => ({ name, args: [] }));
  const many = await Promise.all(
    Array.from({ length: 5 }, (_, index) => Machine.enroll(fleet.address, admin, `many-${index}`, "TestOS 1", ops)),
  );
  await page.goto(`${fleet.address}/hosts?q=many`);
  await tab.row("many-0").waitFor();
  await page.keyboard.press("r");
  const dialog = page.getByRole("dialog", { name: "Run on hosts" });
  await dialog.getByRole("button", { name: /What to run/ }).click();
  await page.getByRole("option", { name: /^health/ }).click();
  await dialog.getByRole("button", { name: "Run health on 5 hosts" }).click();
  const grid = page.getByRole("table", { name: "health: hosts by stage" });
  await expect.poll(() => grid.getByText("Pending").count()).toBe(15);
  const first = ((await commands()) as readonly (Ran & { stage?: number })[]).filter(
    ({ stage, host }) => stage === 0 && host.startsWith("many"),
  );
  const at = new Map(many.map((one) => [one.hostId, one]));
  for (const [index, { id, host }] of first.entries()) {
    if (index < 3) await end(at.get(host) as Machine, id, index < 2 ? "failed" : "succeeded");
  }
  await page
    .getByRole("list", { name: "How long each stage took" })
    .getByText(/3 of 5 · 2 did not succeed/)
    .waitFor();
  await page.getByRole("button", { name: "Begin nothing more of health" }).click();
  await page.getByRole("button", { name: "Stop health" }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: /^Retry 2 hosts that failed/ }).waitFor();
  tab.assertNothingWrong();
});

test("a schedule is run now, and its page shows what was started", async () => {
  const { page } = tab;
  await page.goto(`${fleet.address}/pipelines`);
  await page.getByRole("button", { name: "Run Look once a year now" }).click();

  await page.getByRole("heading", { level: 1, name: "uptime" }).waitFor();
  await page.getByText(/started by admin/).waitFor();
  const runId = new URL(page.url()).pathname.split("/").at(-1);
  const hosts = (await commands()).filter((command) => command.runId === runId).map(({ host }) => host);
  expect(hosts.sort()).toEqual(["many-0", "many-1", "many-2", "many-3", "many-4"]);
  tab.assertNothingWrong();
});

test("a filter is saved as a group of hosts, renamed and removed, and Enter in its field starts nothing", async () => {
  const { page } = tab;
  await page.goto(`${fleet.address}/hosts?q=web`);
  await tab.row("web-1").waitFor();
  await page.keyboard.press("r");
  const dialog = page.getByRole("dialog", { name: "Run on hosts" });
  await dialog.getByRole("button", { name: /What to run/ }).click();
  await page.getByRole("option", { name: "Speak" }).click();
  const before = (await commands()).length;
  await dialog.getByText("Save this filter as a group").click();
  await dialog.getByLabel("Name of the group").fill("webs");
  await page.keyboard.press("Enter");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText("Rename or remove this group").waitFor();
  await dialog.getByRole("button", { name: /Where/ }).getByText("webs").waitFor();

  await dialog.getByLabel("New name").fill("web-servers");
  await dialog.getByRole("button", { name: "Rename" }).click();
  await dialog.getByRole("button", { name: "Remove web-servers" }).click();
  await dialog.getByText("Save this filter as a group").waitFor();
  expect([(await admin.state()).state.groups, (await commands()).length]).toEqual([[], before]);
  await page.keyboard.press("Escape");
  tab.assertNothingWrong();
});

async function finish(host: string, id: string, status: "succeeded" | "failed"): Promise<void> {
  await end(machine(host), id, status);
}

async function end(at: Machine, id: string, status: "succeeded" | "failed"): Promise<void> {
  const open = (await admin.command(id))?.status;
  if (open === "pending") await at.claim(id);
  if (open !== "pending" && open !== "running") return;
  const exitCode = status === "succeeded" ? 0 : 1;
  await at.report({
    type: "finished",
    commandId: id,
    status,
    exitCode,
    finishedAt: new Date().toISOString(),
    outputBytes: 0,
  });
}
