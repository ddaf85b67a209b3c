import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Admin, Machine } from "./api.ts";
import { launchChromium } from "./chromium.ts";
import { FleetProcess } from "./fleet-process.ts";
import { Tab } from "./tab.ts";

const fleet = new FleetProcess();
let browser: Browser;
let admin: Admin;
let tab: Tab;
const machines: Machine[] = [];

beforeAll(async () => {
  browser = await launchChromium();
  await fleet.start();
  admin = await Admin.signIn(fleet.address);
  for (const name of ["web-1", "web-2", "db-1"]) machines.push(await Machine.enroll(fleet.address, admin, name));
  tab = await Tab.open(browser, fleet.address, { cookie: admin.cookie });
  await tab.page.goto(`${fleet.address}/hosts`);
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

test("a few letters and Enter lead to a host, and Escape leads back to where the focus was", async () => {
  const { page } = tab;
  await tab.row("web-2").waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog", { name: "Find and go" }).getByRole("menuitem", { name: "web-2" }).waitFor();
  await page.keyboard.type("db");
  await expect.poll(() => page.getByRole("menuitem").allInnerTexts()).toEqual([expect.stringMatching(/^db-1/)]);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "db-1", level: 1 }).waitFor();
  expect(path()).toBe("/hosts/db-1");

  await page.getByRole("button", { name: "Find and go" }).click();
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe("Find and go");
});

test("keys lead to the screens, and letters that are typed into a field lead nowhere", async () => {
  const { page } = tab;
  await page.locator("body").press("g");
  await page.keyboard.press("e");
  await page.getByRole("heading", { name: "Events", level: 1 }).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("g r?");
  expect(await page.getByRole("searchbox").inputValue()).toBe("g r?");
  expect(path()).toBe("/events");
  await page.keyboard.press("Escape");
});

test("the list of keys is shown, and keys without Ctrl can be turned off for good", async () => {
  const { page } = tab;
  await page.getByRole("link", { name: /^Hosts/ }).focus();
  await page.keyboard.press("?");
  const list = page.getByRole("dialog", { name: "Keyboard" });
  await list.getByText("Go to the events").waitFor();
  await list.getByText("work, too").click();
  await list.getByRole("button", { name: "Close" }).click();
  await page.reload();
  await tab.isLive();
  await page.getByRole("link", { name: /^Hosts/ }).focus();
  await page.keyboard.press("?");
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog", { name: "Find and go" }).waitFor();
  expect(await page.getByRole("dialog").count()).toBe(1);
  await page.keyboard.press("Escape");
  await page.evaluate(() => localStorage.clear());
});

test("the overview says which hosts are lost, leads to each, and is calm once they are back", async () => {
  const { page } = tab;
  await page.goto(`${fleet.address}/overview`);
  await page.getByText("Nothing needs you").waitFor();
  for (const machine of machines) machine.hush();
  const lost = page.getByRole("region", { name: "Hosts that are lost" });
  await expect.poll(() => lost.getByRole("listitem").count()).toBe(3);
  await lost.getByRole("link", { name: "web-2" }).click();
  await page.getByRole("heading", { name: "web-2", level: 1 }).waitFor();
  await page.goBack();
  await lost.waitFor();

  for (const machine of machines) await machine.report({ type: "metrics", cpu: 5 });
  await page.getByText("Nothing needs you").waitFor();
});

/** In bytes, compressed as gzip does it. */
const MOST_AT_FIRST = 200_000;

test("the page needs at most 200 kB of JavaScript before its first paint, and can be installed", async () => {
  const index = await (await fetch(`${fleet.address}/`)).text();
  const scripts = await neededAtFirst(
    [...index.matchAll(/(?:src|href)="(\/[^"]+\.js)"/g)].map((match) => match[1] ?? ""),
  );
  const sizes = scripts.map(async (script) => {
    const answer = await fetch(fleet.address + script, { headers: { "accept-encoding": "gzip" } });
    return Number(answer.headers.get("content-length"));
  });
  const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  expect(scripts.length).toBeGreaterThan(0);
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes).toBeLessThanOrEqual(MOST_AT_FIRST);

  const found = await (await fetch(`${fleet.address}/manifest.webmanifest`)).json();
  expect(found).toMatchObject({ name: "Neverstale", display: "standalone", start_url: "./" });
  for (const { src, sizes: size, type } of (found as { icons: Record<string, string>[] }).icons) {
    const icon = await fetch(`${fleet.address}/${src}`);
    expect(icon.headers.get("content-type")).toBe(type);
    expect(pngSize(await icon.arrayBuffer())).toBe(size);
  }
});

/** What a file imports before it runs is needed with it. What is imported in parentheses comes later. */
async function neededAtFirst(named: readonly string[]): Promise<readonly string[]> {
  const needed = new Set(named);
  for (const path of needed) {
    const text = await (await fetch(fleet.address + path)).text();
    for (const [, file] of text.matchAll(/(?:from|import)\s*["'](\.\/[^"']+\.js)["']/g))
      needed.add(new URL(file ?? "", fleet.address + path).pathname);
  }
  return [...needed];
}

function pngSize(file: ArrayBuffer): string {
  const view = new DataView(file);
  return `${view.getUint32(16)}x${view.getUint32(20)}`;
}

test("every screen has come with the page: a server that is away keeps nobody from going there", async () => {
  const { page } = tab;
  await page.goto(`${fleet.address}/hosts`);
  await tab.isLive();
  await page.waitForLoadState("networkidle");
  await fleet.killHard();
  await expect.poll(() => page.title()).toBe("◌ not live · Hosts · Neverstale");
  expect(await page.locator("link[rel=icon]").getAttribute("href")).toMatch(/^data:image\/svg\+xml,.*svg/);
  for (const name of ["Overview", "Runs", "Pipelines", "Alerts", "Events"]) {
    await page.getByRole("link", { name: new RegExp(`^${name}`) }).click();
    await page.getByRole("heading", { name, level: 1 }).waitFor();
  }
  await fleet.start();
  await tab.isLive();
  await expect.poll(() => page.title()).toBe("Events · Neverstale");
});
