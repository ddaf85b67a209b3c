/** How old what is shown is, and what the page keeps for the time without its server: one server, and one browser after the other. */

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { buildWebPage } from "../../apps/fleet/cli/src/serve/io/web-page.ts";
import { Admin, Machine } from "./api.ts";
import { launchChromium } from "./chromium.ts";
import { FleetProcess } from "./fleet-process.ts";
import { Tab } from "./tab.ts";

const PAGE = fileURLToPath(new URL("../../apps/fleet/web/dist", import.meta.url));
/** The server reads the page from here, so that a newer one can take its place. */
const webDirectory = mkdtempSync(join(tmpdir(), "neverstale-page-"));
const fleet = new FleetProcess({ webDirectory, eventLimit: 20 });
let browser: Browser;
let admin: Admin;
let tab: Tab;
const machines: Machine[] = [];

beforeAll(async () => {
  await buildWebPage(() => {});
  cpSync(PAGE, webDirectory, { recursive: true });
  browser = await launchChromium();
  await fleet.start();
  admin = await Admin.signIn(fleet.address);
  for (const name of ["web-1", "web-2"]) machines.push(await Machine.enroll(fleet.address, admin, name));
  for (const machine of machines) await machine.report({ type: "metrics", cpu: 12, ram: 40, disk: 70 });
  tab = await Tab.open(browser, fleet.address, { cookie: admin.cookie });
  await tab.page.goto(`${fleet.address}/hosts`);
  await tab.row("web-2").waitFor();
});

afterEach(async ({ task }) => {
  if (task.result?.state === "fail") console.error(await Tab.describeOpen());
});

afterAll(async () => {
  await tab.close();
  await browser.close();
  await fleet.remove();
  rmSync(webDirectory, { recursive: true, force: true });
});

const SCREENS = ["Overview", "Hosts", "Runs", "Pipelines", "Alerts", "Events"];

async function go(screen: string): Promise<void> {
  await tab.page
    .getByRole("navigation", { name: "Screens" })
    .getByRole("link", { name: new RegExp(`^${screen}`) })
    .click();
  await tab.page.getByRole("heading", { name: screen, level: 1 }).waitFor();
}

/** All that the browser needs to open the page by itself is there: the page's files, and the state. */
async function untilKept(tab: Tab): Promise<void> {
  await tab.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await expect.poll(() => fact(tab, "Kept in this browser")).toMatch(/^the state of/);
}

async function fact(tab: Tab, word: string): Promise<string> {
  const { page } = tab;
  await tab.badge.click();
  const dialog = page.getByRole("dialog", { name: "Connection" });
  const value = await dialog
    .locator("div", { has: page.getByText(word, { exact: true }) })
    .last()
    .locator("dd")
    .innerText();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  return value;
}

test("the chosen colours are there before the page's own code has come, and in all tabs at once", async () => {
  const { page } = tab;
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme ?? "system");
  const other = await tab.context.newPage();
  await other.goto(`${fleet.address}/hosts`);
  await page.getByRole("button", { name: "Account of admin" }).click();
  await page.getByRole("menuitemradio", { name: "Dark" }).click();
  await page.keyboard.press("Escape");
  await expect.poll(() => other.evaluate(() => document.documentElement.dataset.theme)).toBe("dark");
  expect(await other.locator("meta[name=theme-color]").first().getAttribute("content")).toBe("#12151b");
  await other.close();

  const bare = await tab.context.newPage();
  await bare.route(/\/assets\/.*\.js$/, (route) => route.abort());
  await bare.goto(`${fleet.address}/hosts`);
  expect(await bare.evaluate(() => document.documentElement.dataset.theme)).toBe("dark");
  await bare.close();
  await page.getByRole("button", { name: "Account of admin" }).click();
  await page.getByRole("menuitemradio", { name: "As the system" }).click();
  await page.keyboard.press("Escape");
  expect(await theme()).toBe("system");
});

test("a host whose clock is off is marked where its readings stand, and in its panel by how much", async () => {
  const { page } = tab;
  const [machine] = machines;
  if (machine === undefined) throw new Error("no machine");
  machine.clockAheadMs = 300_000;
  await machine.report({ type: "metrics", cpu: 12, ram: 40, disk: 70 });
  await tab
    .row("web-1")
    .getByText(/clock (5 min|4 min 59 s) ahead/)
    .waitFor();
  await page.getByRole("link", { name: "web-1", exact: true }).click();
  const panel = page.getByRole("complementary");
  await panel.getByText(/Times that this host tells are in doubt: clock \d/).waitFor();
  await panel.getByText(/set it on the machine \(measured/).waitFor();
});

test("tabs of one browser share one connection, and the badge says which of them has it", async () => {
  const other = await tab.context.newPage();
  let sockets = 0;
  other.on("websocket", () => {
    sockets += 1;
  });
  await other.goto(`${fleet.address}/hosts`);
  await expect.poll(() => other.locator("[data-badge]").innerText()).toMatch(/^Live/);
  await other.locator("[data-badge]").click();
  await other.getByText("which another tab has").waitFor();
  expect(sockets).toBe(0);
  expect(await fact(tab, "Tabs of this browser")).toMatch(/which this tab has$/);
  await other.close();
});

test("at 360 and 720 pixels, as on a page that is zoomed to 200 %, no screen is wider than the window", async () => {
  const { page } = tab;
  const size = page.viewportSize() ?? { width: 1_280, height: 720 };
  for (const [width, height] of [
    [360, 740],
    [720, 450],
  ] as const) {
    await page.setViewportSize({ width, height });
    for (const screen of SCREENS) {
      await go(screen);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      expect([screen, width, wide <= width]).toEqual([screen, width, true]);
    }
  }
  await page.setViewportSize(size);
});

test("events are filtered over all of the history, and the filter stands in the address", async () => {
  const { page } = tab;
  for (let n = 10; n < 40; n += 1) await admin.silence(["web-2"], `window-${n}`);
  await go("Events");
  await page.getByRole("row", { name: /window-39/ }).waitFor();
  await page.getByLabel("Filter events").fill("window-11");
  const old = page.getByRole("row", { name: /window-11/ });
  await old.waitFor();
  await page.getByText(/^From the log, as of /).waitFor();
  expect(new URL(page.url()).searchParams.get("q")).toBe("window-11");
  await page.reload();
  await old.waitFor();
  expect(await page.locator(".events tbody tr .cell-message").count()).toBe(1);
  await page.getByText("This is where the log begins.").waitFor();

  await page.getByRole("button", { name: /Level/ }).click();
  await page.getByRole("option", { name: "Error" }).click();
  await page.getByText("No event matches the filter").waitFor();
  expect(new URL(page.url()).searchParams.get("q")).toBe("window-11 level:error");
  await page.goBack();
});

test("hosts are silenced from the page, now or later, and the silence is ended there", async () => {
  const { page } = tab;
  await go("Alerts");
  await page.getByRole("button", { name: "Silence hosts…" }).click();
  const form = page.getByRole("dialog", { name: "Silence hosts" });
  await form.getByLabel("Hosts", { exact: true }).fill("web-9");
  await form.getByLabel("Why").fill("new disks");
  await form.getByLabel("From").fill("2999-01-01T00:00");
  await form.getByRole("button", { name: "Silence", exact: true }).click();
  await form.getByText("A silence ends after it has begun.").waitFor();
  await form.getByLabel("Until").fill("2999-01-02T00:00");
  await form.getByRole("button", { name: "Silence", exact: true }).click();
  await form.getByText("There is no host web-9.").waitFor();
  await form.getByLabel("Hosts", { exact: true }).fill("web-1");
  await form.getByRole("button", { name: "Silence", exact: true }).click();
  await form.waitFor({ state: "detached" });
  const card = page.getByRole("article").filter({ hasText: "new disks" });
  await card.getByText(/planned from Jan 1/).waitFor();
  await card.getByRole("button", { name: "End" }).click();
  await card.waitFor({ state: "detached" });
});

test("the palette changes the colours, too", async () => {
  const { page } = tab;
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog", { name: "Find and go" }).waitFor();
  await page.keyboard.type("dark col");
  await page.getByRole("menuitem", { name: "Dark colours" }).waitFor();
  await page.keyboard.press("Enter");
  await expect.poll(() => page.evaluate(() => document.documentElement.dataset.theme)).toBe("dark");
  await page.keyboard.press("Control+k");
  await page.keyboard.type("colours as");
  await page.getByRole("menuitem", { name: "Colours as the system" }).waitFor();
  await page.keyboard.press("Enter");
  await expect.poll(() => page.evaluate(() => document.documentElement.dataset.theme ?? "")).toBe("");
});

test("without the server the page opens all the same, shows what it keeps, and says of each value how old it is", async () => {
  const { page } = tab;
  await go("Hosts");
  await untilKept(tab);
  await fleet.killHard();
  await page.reload();
  await tab.row("web-1").waitFor();
  expect(await tab.badge.innerText()).toMatch(/Reconnecting|Offline/);
  await page.getByText(/^Not live: what is shown was so at .* ago\.$/).waitFor();
  await page.getByRole("link", { name: "web-1", exact: true }).click();
  await page.getByRole("complementary").getByRole("heading", { name: "web-1" }).waitFor();
  expect(await page.evaluate(valuesWithoutAge)).toEqual([]);
  for (const screen of SCREENS) {
    await go(screen);
    expect([screen, await page.evaluate(valuesWithoutAge)]).toEqual([screen, []]);
  }
  await go("Overview");
  expect(await page.getByText("Nothing needs you").count()).toBe(0);
  expect(await page.locator("link[rel=icon]").getAttribute("href")).toMatch(/^data:image/);

  await fleet.start();
  await tab.isLive();
  await page.getByText(/^Not live/).waitFor({ state: "detached" });
});

/** This runs in the page. Measured data is marked by its class, and what says how old it is by another one. */
function valuesWithoutAge(): string[] {
  const isSeen = (element: Element) => element.getClientRects().length > 0;
  const values = [...document.querySelectorAll(".value, .meter, .status, .spark")].filter(isSeen);
  if (values.length === 0) return ["there is no value on this screen"];
  const isGrey = (element: Element) => element.closest(".is-old") !== null;
  return values
    .filter((value) => {
      const scope = value.closest("[data-as-of]");
      return scope === null || ![...scope.querySelectorAll(".age")].some(isSeen) || !isGrey(value);
    })
    .map((value) => `${value.className}: ${value.textContent}`);
}

test("a newer build is told of and not forced, and the next load takes it", async () => {
  const { page } = tab;
  const index = join(webDirectory, "index.html");
  const worker = join(webDirectory, "service-worker.js");
  writeFileSync(index, readFileSync(index, "utf8").replace("<body>", '<body data-build="newer">'));
  writeFileSync(worker, readFileSync(worker, "utf8").replace(/`[0-9a-f]{16}`/g, "`newer`"));
  await fleet.stop();
  await fleet.start();
  const offer = page.getByRole("button", { name: /^New version ready/ });
  await offer.waitFor();
  expect(await page.locator("body").getAttribute("data-build")).toBeNull();
  await offer.click();
  await expect.poll(() => page.locator("body").getAttribute("data-build")).toBe("newer");
  await tab.isLive();
  expect(await offer.count()).toBe(0);
  const caches = await page.evaluate(async () => {
    const names = await window.caches.keys();
    const all = await Promise.all(names.map(async (name) => (await window.caches.open(name)).keys()));
    return { names: names.length, paths: all.flat().map(({ url }) => new URL(url).pathname) };
  });
  expect(caches.names).toBe(1);
  expect(caches.paths.filter((path) => /^\/(api|sync|agent)\b/.test(path))).toEqual([]);
  expect(caches.paths).toContain("/");
});

test("a session that ends while no page is open leaves nothing behind either", async () => {
  const own = await Admin.signIn(fleet.address);
  const guest = await Tab.open(browser, fleet.address, { cookie: own.cookie });
  const { page } = guest;
  await page.goto(`${fleet.address}/hosts`);
  await guest.row("web-1").waitFor();
  await untilKept(guest);
  expect(await page.evaluate(keptRows)).toBeGreaterThan(0);
  await page.goto("about:blank");
  await own.signOut();
  await page.goto(`${fleet.address}/hosts`);
  await page.getByLabel("User name").waitFor();
  await expect.poll(() => page.evaluate(keptRows)).toBe(0);
  await guest.close();
});

test("whoever leaves while the server is away is gone here at once, and there once it is back", async () => {
  const own = await Admin.signIn(fleet.address);
  const guest = await Tab.open(browser, fleet.address, { cookie: own.cookie });
  const { page } = guest;
  await page.goto(`${fleet.address}/hosts`);
  await guest.row("web-1").waitFor();
  await untilKept(guest);
  await fleet.killHard();
  await page.getByText(/^Not live/).waitFor();
  await page.getByRole("button", { name: "Account of admin" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByLabel("User name").waitFor();
  await expect.poll(() => page.evaluate(keptRows)).toBe(0);
  await fleet.start();
  await page.reload();
  await page.getByLabel("User name").waitFor();
  await expect(own.state()).rejects.toThrow();
  await guest.close();
});

test("whoever signs out leaves nothing behind: no state, and no name", async () => {
  const { page } = tab;
  await go("Hosts");
  await untilKept(tab);
  await page.getByRole("button", { name: "Account of admin" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByLabel("User name").waitFor();
  await expect.poll(() => page.evaluate(keptRows)).toBe(0);
  expect(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes("visitor")))).toEqual([]);
  await fleet.killHard();
  await page.reload();
  await page.getByText("The server can't be reached").waitFor();
  expect(await tab.row("web-1").count()).toBe(0);
  tab.assertNothingWrong();
});

/** This runs in the page: it counts all that the page's databases hold, besides the era. */
async function keptRows(): Promise<number> {
  let rows = 0;
  for (const { name = "" } of await indexedDB.databases()) {
    const opened = await new Promise<IDBDatabase>((resolve, reject) => {
      const asked = indexedDB.open(name);
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });
    for (const store of opened.objectStoreNames) {
      const found = await new Promise<readonly unknown[]>((resolve) => {
        const asked = opened.transaction(store).objectStore(store).getAll();
        asked.onsuccess = () => resolve(asked.result);
      });
      rows += found.filter(
        (row) => JSON.stringify(row).includes("web-1") || JSON.stringify(row).includes("admin"),
      ).length;
    }
    opened.close();
  }
  return rows;
}
