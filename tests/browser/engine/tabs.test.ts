import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { atLeisure } from "../../leisure.ts";
import { CONTEXT, launchChromium } from "../chromium.ts";
import { EnginePage, EngineSite } from "./engine-site.ts";

/** Nothing is kept, so that a state can only come from the server or from another tab. */
const SHARED = "?user=ann&unkept&tabs";
let browser: Browser;
let site: EngineSite;
let context: BrowserContext;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(async () => {
  await browser.close();
});

beforeEach(async () => {
  site = await EngineSite.open();
  await site.fill(3);
  context = await browser.newContext(CONTEXT);
  context.setDefaultTimeout(240_000);
});

afterEach(async () => {
  await context.close();
  await site.close();
});

const digestOf = ({ page }: EnginePage) => page.evaluate(() => Reflect.get(window, "facts").sync.digest() as string);

async function assertLevel(...tabs: readonly EnginePage[]): Promise<void> {
  const digest = site.manager.space("main")?.digest();
  for (const tab of tabs) await expect.poll(() => digestOf(tab)).toBe(digest);
}

test("[X5] two tabs have one socket, as the server counts them, and both show what comes over it", async () => {
  const one = await EnginePage.open(context, site.address, SHARED);
  await one.until("3 hosts, live");
  const two = await EnginePage.open(context, site.address, SHARED);
  await two.until("3 hosts, live");

  expect(site.sockets.size).toBe(1);
  expect(two.fullStates).toBe(0);
  await site.put("web-3", 1);
  await one.until("4 hosts, live");
  await two.until("4 hosts, live");
  await assertLevel(one, two);
});

test("[X6] when the leading tab closes, the other one takes over within a second and needs no full state", async () => {
  const one = await EnginePage.open(context, site.address, SHARED);
  await one.until("3 hosts, live");
  const two = await EnginePage.open(context, site.address, SHARED);
  await two.until("3 hosts, live");

  await one.page.close();
  const closedAt = performance.now();
  await site.put("web-3", 1);
  await two.until("4 hosts, live");

  expect(performance.now() - closedAt).toBeLessThan(atLeisure(1_000));
  expect(site.sockets.size).toBe(1);
  expect(two.fullStates).toBe(0);
  await assertLevel(two);
});

test("[X5] a large state, which comes in parts, reaches the other tabs as well, and so do changes of it", async () => {
  await site.fill(5_000);
  const one = await EnginePage.open(context, site.address, SHARED);
  const two = await EnginePage.open(context, site.address, SHARED);
  await one.until("5000 hosts, live");
  await two.until("5000 hosts, live");

  await site.put("web-5000", 1);
  await two.until("5001 hosts, live");

  expect(site.sockets.size).toBe(1);
  await assertLevel(one, two);
});

test("[X6] [E7] over a restart of the server the tabs come back on one socket, in the new epoch, and no full state is sent", async () => {
  const one = await EnginePage.open(context, site.address, SHARED);
  await one.until("3 hosts, live");
  const two = await EnginePage.open(context, site.address, SHARED);
  const three = await EnginePage.open(context, site.address, SHARED);
  await two.until("3 hosts, live");
  await three.until("3 hosts, live");

  await site.restart();
  await site.put("web-3", 1);
  for (const tab of [one, two, three]) await tab.until("4 hosts, live");

  await expect.poll(() => site.sockets.size).toBe(1);
  expect([one.fullStates, two.fullStates, three.fullStates]).toEqual([1, 0, 0]);
  await assertLevel(one, two, three);
});

test("[X6] a leading tab that hangs loses its place to one that somebody looks at, and gives up its socket when it wakes", async () => {
  const one = await EnginePage.open(context, site.address, SHARED);
  await one.until("3 hosts, live");
  const two = await EnginePage.open(context, site.address, SHARED);
  await two.until("3 hosts, live");
  await two.page.bringToFront();

  const hung = one.page.evaluate(hang, 12_000);
  await two.page.waitForEvent("websocket");
  await site.put("web-3", 1);
  await two.until("4 hosts, live");
  await hung;

  await one.until("4 hosts, live");
  await expect.poll(() => site.sockets.size).toBe(1);
  expect(two.fullStates).toBe(0);
});

test("[X5] a page without Web Locks has a socket of its own, as if it shared nothing", async () => {
  await context.addInitScript(() => Object.defineProperty(navigator, "locks", { value: undefined }));
  const one = await EnginePage.open(context, site.address, SHARED);
  const two = await EnginePage.open(context, site.address, SHARED);
  await one.until("3 hosts, live");
  await two.until("3 hosts, live");

  expect(site.sockets.size).toBe(2);
});

test("[X5] [X9] tabs that share a socket end together when the session does", async () => {
  const one = await EnginePage.open(context, site.address, "?user=ann&tabs");
  await one.until("3 hosts, live");
  const two = await EnginePage.open(context, site.address, "?user=ann&tabs");
  await two.until("3 hosts, live");
  await one.untilKept(1);

  site.end(4401);

  await one.until("0 hosts, signed_out");
  await two.until("0 hosts, signed_out");
  await two.untilKept(0);
});

/** This runs in the page: nothing else does meanwhile. */
function hang(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}
