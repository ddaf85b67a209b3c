/** The hosts screen in a real Chromium: columns, filter, facets, views, tiles, and an order that waits. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Admin, Machine } from "./api.ts";
import { launchChromium } from "./chromium.ts";
import { FleetProcess } from "./fleet-process.ts";
import { Tab } from "./tab.ts";

const fleet = new FleetProcess();
let browser: Browser;
let admin: Admin;
let machines: readonly Machine[];
let tab: Tab;
let page: Page;

const NAMES = ["web-1", "web-2", "web-3", "db-1"];

beforeAll(async () => {
  await fleet.start();
  browser = await launchChromium();
  admin = await Admin.signIn(fleet.address);
  machines = await Promise.all(NAMES.map((name) => Machine.enroll(fleet.address, admin, name, "Debian 12")));
  for (const [index, machine] of machines.entries()) {
    await admin.patchHost(machine.hostId, { tags: index < 3 ? ["prod", "web"] : ["prod"] });
    await machine.report({ type: "metrics", cpu: 10 * (index + 1), ram: 50 });
  }
  tab = await Tab.open(browser, fleet.address, { cookie: admin.cookie });
  page = tab.page;
});
afterAll(async () => {
  await browser?.close();
  await fleet.remove();
});

async function show(path: string): Promise<void> {
  await page.goto(fleet.address + path);
  await tab.isLive();
  await page.getByRole("button", { name: "Facets" }).waitFor();
}

async function shown(): Promise<readonly string[]> {
  return await page.locator(".hosts tbody .row-link").allInnerTexts();
}

async function heads(): Promise<readonly string[]> {
  const texts = await page.locator(".hosts thead th").allInnerTexts();
  return texts
    .map((text) => text.replaceAll(/[↑↓\s]+/g, " ").trim())
    .filter((text) => text !== "" && text !== "Action");
}

test("columns are chosen, stand in the address, and are kept in the browser", async () => {
  await show("/hosts");
  await page.getByRole("button", { name: "Columns" }).click();
  for (const name of ["Memory", "Disk", "Load", "Agent"]) await page.getByRole("menuitemcheckbox", { name }).click();
  await page.keyboard.press("Escape");

  const chosen = ["Host", "Status", "CPU", "Last seen", "Agent", "Tags"];
  expect(await heads()).toEqual(chosen);
  expect(new URL(page.url()).searchParams.get("columns")).toBe("status,cpu,seen,version,tags");
  expect(await tab.row("web-1").locator(".cell-version").innerText()).toBe("0.1.0");
  await show("/hosts");
  expect(await heads()).toEqual(chosen);
});

test("the filter goes on with words that exist, each with its number of hosts, by keys alone", async () => {
  await show("/hosts");
  const field = page.getByLabel("Filter hosts");
  await field.focus();
  await page.keyboard.type("tag:w");
  await page.getByRole("option", { name: "tag:web 3 hosts" }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");

  expect(await field.inputValue()).toBe("tag:web ");
  await expect.poll(shown).toEqual(["web-1", "web-2", "web-3"]);
  await page.keyboard.type("stat");
  await page.getByRole("option", { name: "status: ready, busy" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("option").first().waitFor({ state: "detached" });
  expect(await field.inputValue()).toBe("tag:web stat");
  await page.keyboard.press("Escape");
  await expect.poll(shown).toHaveLength(4);
});

test("facets count the hosts that match, and a click puts one into the filter or takes it out", async () => {
  await show("/hosts?q=db");
  await page.getByRole("button", { name: "Facets" }).click();
  const panel = page.getByRole("dialog", { name: "Facets of the hosts" });
  expect((await panel.getByRole("button").allInnerTexts()).map((text) => text.replaceAll(/\s+/g, " "))).toEqual([
    ...["ready 1", "prod 1", "Debian 12 1", "0.1.0 1"],
  ]);
  await panel.getByRole("button", { name: "Debian 12" }).click();

  await expect.poll(() => new URL(page.url()).searchParams.get("q")).toBe("db os:Debian_12");
  expect(await shown()).toEqual(["db-1"]);
  await panel.getByRole("button", { name: "Debian 12" }).click();
  await expect.poll(() => new URL(page.url()).searchParams.get("q")).toBe("db");
});

test("the order waits while the focus is among the hosts, says so, and one key takes it", async () => {
  await show("/hosts?sort=-cpu");
  await expect.poll(shown).toEqual(["db-1", "web-3", "web-2", "web-1"]);
  await tab.row("web-2").getByRole("link", { name: "web-2" }).focus();
  await machines[0]?.report({ type: "metrics", cpu: 99 });

  await page.getByText("The order waits").waitFor();
  expect(await shown()).toEqual(["db-1", "web-3", "web-2", "web-1"]);
  expect(await tab.row("web-1").locator(".cell-cpu").innerText()).toContain("99 %");
  await page.keyboard.press("o");
  await expect.poll(shown).toEqual(["web-1", "db-1", "web-3", "web-2"]);
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("web-2");
  await machines[1]?.report({ type: "metrics", cpu: 97 });
  await page.getByText("The order waits").waitFor();
  await page.getByLabel("Filter hosts").focus();
  await expect.poll(shown).toEqual(["web-1", "web-2", "db-1", "web-3"]);
});

test("hosts are shown as tiles, which the keys go through, select and open", async () => {
  await show("/hosts?sort=name");
  await page.getByRole("radio", { name: "Tiles" }).click();
  const tiles = page.getByRole("listbox", { name: "Hosts as tiles" });
  await tiles.focus();
  expect(new URL(page.url()).searchParams.get("layout")).toBe("grid");
  await page.keyboard.press("ArrowRight");
  await page.getByRole("option", { name: "db-1, Ready" }).waitFor();
  await page.keyboard.press("End");
  await page.getByRole("option", { name: "web-3, Ready" }).waitFor();
  await page.keyboard.press(" ");
  await page.getByText("1 selected").first().waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "web-3" }).waitFor();

  const colours = await page.locator(".host-tiles canvas").evaluate((canvas) => {
    const { width, height } = canvas as HTMLCanvasElement;
    const { data = [] } = (canvas as HTMLCanvasElement).getContext("2d")?.getImageData(0, 0, width, height) ?? {};
    return data.filter((value, index) => index % 4 === 3 && value > 0).length;
  });
  expect(colours).toBeGreaterThan(100);
  await page.goBack();
  expect(new URL(page.url()).pathname).toBe("/hosts");
});

test("a view is saved with its order, columns and layout, is there for everybody, and is removed again", async () => {
  await show("/hosts?q=tag:web&sort=-cpu&columns=cpu,tags");
  await page.getByRole("button", { name: "Views" }).click();
  await page.getByRole("menuitem", { name: "Save it as a view" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("web");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });

  const other = await Tab.open(browser, fleet.address, { cookie: admin.cookie });
  await other.page.goto(`${fleet.address}/hosts`);
  await other.page.getByRole("button", { name: "Views" }).click();
  await other.page.getByRole("menuitem", { name: "web" }).click();
  await expect.poll(() => new URL(other.page.url()).search).toBe("?q=tag%3Aweb&sort=-cpu&columns=cpu%2Ctags");
  await other.page.getByRole("button", { name: "Views" }).click();
  await other.page.getByRole("menuitem", { name: "Remove this view" }).click();
  await other.page.getByRole("button", { name: "Remove it" }).click();
  await other.page.getByRole("dialog").waitFor({ state: "detached" });
  expect((await admin.state()).state.groups).toEqual([]);
  other.assertNothingWrong();
  await other.close();
  tab.assertNothingWrong();
});
