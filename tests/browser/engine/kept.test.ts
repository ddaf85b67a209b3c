import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { CONTEXT, launchChromium } from "../chromium.ts";
import { EnginePage, EngineSite } from "./engine-site.ts";

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

test("[X8] a reload shows what was kept before it is live, and resumes without a full state", async () => {
  const tab = await EnginePage.open(context, site.address);
  await tab.until("3 hosts, live");
  await tab.untilKept(1);
  expect(tab.fullStates).toBe(1);
  await site.put("web-3", 1);
  await tab.until("4 hosts, live");

  await tab.page.reload();
  await tab.until("4 hosts, live");

  expect(tab.fullStates).toBe(1);
  expect((await tab.facts()).paintedWhile).toBe("connecting");
});

test("[X8] a page whose server is gone shows what was kept, and says that it is not live", async () => {
  const tab = await EnginePage.open(context, site.address);
  await tab.until("3 hosts, live");
  await tab.untilKept(1);
  await tab.page.route("**/sync*", (route) => route.abort());
  await tab.page.routeWebSocket("**/sync*", (socket) => void socket.close());

  await tab.page.reload();

  await tab.until("3 hosts, connecting");
});

test.each([4401, 4403] as const)("[X9] the close code %i deletes what was kept", async (code) => {
  const tab = await EnginePage.open(context, site.address);
  await tab.until("3 hosts, live");
  await tab.untilKept(1);

  site.end(code);

  await tab.untilKept(0);
  expect((await tab.kept()).texts).toBe(0);
  await tab.until(code === 4401 ? "0 hosts, signed_out" : "0 hosts, stale");
});

test("[X9] a sign-out in one tab deletes what was kept, and the other tab shows nothing more", async () => {
  const one = await EnginePage.open(context, site.address);
  const two = await EnginePage.open(context, site.address);
  await one.until("3 hosts, live");
  await two.until("3 hosts, live");
  await one.untilKept(1);

  await one.page.evaluate(() => Reflect.get(window, "facts").sync.signOut());

  await two.until("0 hosts, signed_out");
  await two.untilKept(0);
  expect((await two.kept()).texts).toBe(0);
  await two.page.reload();
  await two.until("3 hosts, live");
  expect((await two.facts()).paintedWhile).toBe("catching_up");
});

test("[X9] another user's page shows nothing of the one before", async () => {
  const ann = await EnginePage.open(context, site.address);
  await ann.until("3 hosts, live");
  await ann.untilKept(1);
  await ann.page.close();

  const bob = await EnginePage.open(context, site.address, "?user=bob");
  await bob.until("3 hosts, live");

  expect((await bob.facts()).paintedWhile).toBe("catching_up");
});
