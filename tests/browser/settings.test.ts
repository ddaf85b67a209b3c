import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Admin, Machine } from "./api.ts";
import { launchChromium } from "./chromium.ts";
import { FleetProcess } from "./fleet-process.ts";
import { Tab } from "./tab.ts";

const dataDir = mkdtempSync(join(tmpdir(), "neverstale-settings-"));
const FILE = join(dataDir, "fleet.yaml");
const RIGHT =
  "ops: { speak: { title: Speak up, danger: true } }\npipelines: { talk: { stages: [speak], waves: [1, rest] } }\n";
writeFileSync(FILE, RIGHT);
const fleet = new FleetProcess({ dataDir });
let browser: Browser;
let admin: Admin;
let tab: Tab;

beforeAll(async () => {
  browser = await launchChromium();
  await fleet.start();
  admin = await Admin.signIn(fleet.address);
  const machine = await Machine.enroll(fleet.address, admin, "web-1");
  const fileSystems = [
    { path: "/", used: 41 },
    { path: "/srv/data", used: 93 },
  ];
  await machine.report({ type: "metrics", cpu: 12, ram: 40, disk: 93, fileSystems });
  await Machine.enroll(fleet.address, admin, "db-1");
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

const path = () => new URL(tab.page.url()).pathname;

test("a host has a quick look beside the list, and from there a page of its own with each file system", async () => {
  const { page } = tab;
  await page.goto(`${fleet.address}/hosts?q=web`);
  await page.getByRole("link", { name: "web-1", exact: true }).click();
  await page.getByRole("complementary").getByRole("link", { name: "Open the page of web-1" }).click();

  await page.getByRole("heading", { name: "web-1", level: 1 }).waitFor();
  expect(path()).toBe("/hosts/web-1");
  const fileSystems = page.getByRole("region", { name: "File systems" }).getByRole("listitem");
  expect(await fileSystems.allInnerTexts()).toEqual([
    expect.stringMatching(/^\/srv\/data\s+93 %/),
    expect.stringMatching(/^\/\s+41 %/),
  ]);
  await page.getByRole("link", { name: "All hosts" }).click();
  await tab.row("web-1").waitFor();
  expect([path(), new URL(page.url()).search]).toEqual(["/hosts", "?q=web"]);
});

test("notes and tags are edited where they stand, and what somebody else changes meanwhile is told before it is saved", async () => {
  const { page } = tab;
  await page.goto(`${fleet.address}/hosts/web-1`);
  const section = page.getByRole("region", { name: "Notes and tags" });
  await section.getByRole("button", { name: "Edit" }).click();
  await section.getByLabel("Notes").fill("The one in the cellar.\nAsk Maria first.");
  await section.getByLabel("Tags").fill("prod, team:web");

  await admin.patchHost("web-1", { location: "cellar" });
  await section.getByText("Somebody has changed the location meanwhile").waitFor();
  await section.getByRole("button", { name: "Save" }).click();

  await section.getByRole("button", { name: "Edit" }).waitFor();
  await section.getByText("Ask Maria first.").waitFor();
  const [host] = (await admin.hosts()).filter(({ id }) => id === "web-1");
  expect(host).toMatchObject({
    notes: "The one in the cellar.\nAsk Maria first.",
    tags: ["prod", "team:web"],
    location: "cellar",
  });
});

test("an admin has the agent take a new credential, and removes a host with what it has left", async () => {
  const { page } = tab;
  await page.goto(`${fleet.address}/hosts/db-1`);
  const agent = page.getByRole("region", { name: "Agent" });
  await agent.getByText(/^in use since/).waitFor();
  await agent.getByText("Speak").waitFor();
  await agent.getByRole("button", { name: "Take a new credential" }).click();
  await agent.getByText("asked to take a new one").waitFor();

  await page.getByRole("button", { name: "Remove this host…" }).click();
  const sheet = page.getByRole("dialog", { name: "Remove db-1?" });
  await sheet.getByLabel("Also erase what it has left").check();
  await sheet.getByRole("button", { name: "Remove", exact: true }).click();

  await tab.row("web-1").waitFor();
  expect(path()).toBe("/hosts");
  expect((await admin.hosts()).map(({ id }) => id)).toEqual(["web-1"]);
  const events = (await (await page.request.get(`${fleet.address}/api/event-log?action=erasure_asked`)).json()).events;
  expect(events).toMatchObject([{ actor: "admin", message: "admin asked to erase what the host db-1 has left" }]);
  tab.assertNothingWrong();
});

async function go(part: string): Promise<void> {
  await tab.page.goto(`${fleet.address}/settings/${part}`);
  await tab.isLive();
}

test("the settings have an address for each part, and back and forward lead through them", async () => {
  const { page } = tab;
  await page.goto(`${fleet.address}/people`);
  await page.getByRole("heading", { name: "People", level: 1 }).waitFor();
  const parts = page.getByRole("navigation", { name: "Settings" }).getByRole("link");
  const words = await parts.allInnerTexts();
  expect(words).toHaveLength(12);
  for (const word of words) {
    await parts.filter({ hasText: new RegExp(`^${word}$`) }).click();
    await page.getByRole("heading", { name: word, level: 1 }).waitFor();
  }

  expect(path()).toBe("/settings/about");
  await page.goBack();
  await page.getByRole("heading", { name: "Backups", level: 1 }).waitFor();
  await go("nothing");
  await page.getByText("There are no such settings").waitFor();
  tab.assertNothingWrong();
});

test("the catalogue stands there as it was read, and says with the line what is wrong with the file", async () => {
  const { page } = tab;
  await go("catalogue");
  await page.getByRole("region", { name: "Ops" }).getByText("dangerous: asks for a code").waitFor();
  await page.getByRole("region", { name: "Pipelines" }).getByText("in waves of 1, rest").waitFor();

  writeFileSync(FILE, "ops:\n  speak: { titel: Speak }\n");
  await page.getByRole("button", { name: "Read it again" }).click();
  await page.getByText("1 thing in the file is wrong").waitFor();
  await page.getByText(/line 2.*titel/).waitFor();
  await page.getByRole("region", { name: "Ops" }).getByText("dangerous: asks for a code").waitFor();

  writeFileSync(FILE, RIGHT);
  await page.getByRole("button", { name: "Read it again" }).click();
  await page.getByText("and is in force").waitFor();
});

test("a token for new hosts is listed with what is left of it, the host appears while the line is shown, and it is revoked", async () => {
  const { page } = tab;
  await go("enrolment");
  await page.getByText("No token is open").waitFor();
  await page.getByRole("button", { name: "Add hosts" }).click();
  await page.getByLabel("Machines").fill("3");
  await page.getByLabel("Minutes").fill("20");
  await page.getByLabel("Purpose").fill("the new rack");
  await page.getByLabel("Tags").fill("rack:7");
  await page.getByRole("button", { name: "Make the line" }).click();
  const line = await page.getByLabel("The line to run").inputValue();
  const token = /--enroll-token (\S+?)\)?$/.exec(line)?.[1] ?? "";

  await Machine.enrollWith(fleet.address, token, "rack-1");

  const sheet = page.getByRole("dialog", { name: "Add hosts" });
  await sheet.getByRole("link", { name: "rack-1" }).waitFor();
  await sheet.getByRole("button", { name: "Done" }).click();
  const card = page.getByRole("article", { name: "the new rack" });
  await card.getByText("good for 2 more of 3 hosts").waitFor();
  expect(await card.innerText()).toMatch(/ends in (19|20) min/);
  await card.getByRole("button", { name: "Revoke the new rack" }).click();
  await card.waitFor({ state: "detached" });
  await expect(Machine.enrollWith(fleet.address, token, "rack-2")).rejects.toThrow("401");
});

test("a group is saved, leads to its hosts, and is removed", async () => {
  const { page } = tab;
  await go("groups");
  await page.getByRole("button", { name: "Save a group" }).click();
  await page.getByLabel("Name", { exact: true }).fill("racks");
  await page.getByLabel("Filter", { exact: true }).fill("tag:rack:7");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("article", { name: "racks" }).getByRole("link", { name: "tag:rack:7" }).click();
  await tab.row("rack-1").waitFor();
  expect(await tab.row("web-1").count()).toBe(0);

  await page.goBack();
  await page.getByRole("article", { name: "racks" }).getByRole("button", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await page.getByText("Nobody has saved a group yet").waitFor();
});

test("the audit is narrowed down by who, what and when in the address, exported, and proved", async () => {
  const { page } = tab;
  await go("audit");
  await page.getByRole("button", { name: "Look now" }).click();
  await page.getByText("follow each other without a gap").waitFor();

  await page.getByRole("searchbox", { name: "Filter the audit" }).fill("who:admin did:group_removed");
  await expect.poll(() => page.locator("tbody tr").allInnerTexts()).toEqual([expect.stringContaining("racks")]);
  expect(new URL(page.url()).searchParams.get("q")).toBe("who:admin did:group_removed");
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Export as CSV" }).click();
  const file = await (await download).path();
  expect(readFileSync(file, "utf8").trim().split("\n")).toHaveLength(2);
  await page.getByRole("searchbox", { name: "Filter the audit" }).fill("maria");
  await page.getByText(/maria: write who:/).waitFor();
});

test("an admin ends the session of another user, and removes the user with what that user has left", async () => {
  const { page } = tab;
  await go("people");
  await page.getByRole("button", { name: "Invite" }).click();
  await page.getByLabel("User name").fill("maria");
  await page.getByRole("button", { name: "Make the link" }).click();
  const link = await page.getByLabel("The one-time link").inputValue();
  await page.getByRole("button", { name: "Done" }).click();
  const maria = await Tab.open(browser, fleet.address);
  await maria.page.goto(link);
  await maria.page.getByLabel("New password").fill("a password of maria");
  await maria.page.getByRole("button", { name: "Set password" }).click();
  await maria.isLive();

  await go("people");
  await page.getByRole("article", { name: "maria" }).getByRole("button", { name: "1 session" }).click();
  const sheet = page.getByRole("dialog", { name: "Sessions of maria" });
  await sheet.getByRole("button", { name: /^End / }).click();
  await maria.page.getByRole("heading", { name: "Session ended" }).waitFor();
  await maria.close();
  await sheet.getByText("There is no session").waitFor();
  await sheet.getByRole("button", { name: "Done" }).click();
  await page.getByRole("article", { name: "maria" }).getByRole("button", { name: "Remove" }).click();
  await page.getByRole("dialog").getByLabel("Also erase what maria has left").check();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await page.getByRole("article", { name: "maria" }).waitFor({ state: "detached" });

  const events = (await (await page.request.get(`${fleet.address}/api/event-log?action=erasure_asked`)).json()).events;
  expect(events[0]).toMatchObject({ message: "admin asked to erase what the user maria has left" });
});

test("the server says what it keeps, what it is, and how much of its limits is used", async () => {
  const { page } = tab;
  await go("retention");
  await expect.poll(() => page.getByRole("row", { name: /^The audit/ }).innerText()).toMatch(/1,000,000\s+400 days/);
  await go("about");
  await page.getByText("one server with a store of its own").waitFor();
  await page
    .getByRole("region", { name: "Limits" })
    .getByText(/of 1,000$/)
    .first()
    .waitFor();
  await go("backups");
  await page.getByText("The server makes no backups by itself").waitFor();
  await go("notifications");
  await page.getByText("Nobody is told of alerts").waitFor();
  tab.assertNothingWrong();
});

test("while the page is not live nothing is begun on it, and it says why", async () => {
  const { page } = tab;
  await page.goto(`${fleet.address}/hosts/web-1`);
  await tab.isLive();
  await page.getByRole("button", { name: "Remove this host…" }).waitFor();
  await fleet.killHard();

  await expect.poll(() => page.getByRole("button", { name: "Remove this host…" }).isDisabled()).toBe(true);
  expect(await page.getByRole("region", { name: "Remove" }).innerText()).toContain("This page is not live");
  expect(await page.getByRole("button", { name: "Take a new credential" }).isDisabled()).toBe(true);
  await fleet.start();
  await expect.poll(() => page.getByRole("button", { name: "Remove this host…" }).isDisabled()).toBe(false);
});
