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
  context = await browser.newContext(CONTEXT);
  context.setDefaultTimeout(240_000);
});

afterEach(async () => {
  await context.close();
  await site.close();
});

const QUEUE = "?user=ann&queue";
/** The page itself comes from where it always does: what is out of reach is what it talks to. */
const SERVER = /\/(sync|mutations)/;

async function goOffline(): Promise<void> {
  await context.route(SERVER, (route) => route.abort());
  await context.routeWebSocket(SERVER, (socket) => void socket.close());
}

async function goOnline(): Promise<void> {
  await context.unrouteAll({ behavior: "ignoreErrors" });
  // A WebSocket that is routed stays routed: it is passed on from here.
  await context.routeWebSocket(SERVER, (socket) => void socket.connectToServer());
}

const noted = () => site.manager.state.hosts.get("noted");

test("[U19] [U6] what was asked for without a network is pending after a reload, in its order, and done once", async () => {
  await goOffline();
  const tab = await EnginePage.open(context, site.address, QUEUE);
  await tab.note("a", "b", "c");
  await tab.untilNoted("abc", 3);

  await tab.page.reload();
  await tab.untilNoted("abc", 3);
  await tab.note("d");
  await tab.untilNoted("abcd", 4);
  await goOnline();
  await tab.untilNoted("abcd", 0);

  expect(noted()).toMatchObject({ cpu: 4, note: "abcd" });
  expect(await tab.told()).toEqual(["a done", "b done", "c done"]);
  await tab.page.reload();
  await tab.untilNoted("abcd", 0);
  expect(noted()?.cpu).toBe(4);
});

test("[U19] what a closed tab has left is done by the next one, and what an open one has asked for is not", async () => {
  await goOffline();
  const [closed, open] = [
    await EnginePage.open(context, site.address, QUEUE),
    await EnginePage.open(context, site.address, QUEUE),
  ];
  await closed.note("a");
  await closed.untilNoted("a", 1);
  await open.note("b");
  await open.untilNoted("b", 1);
  await closed.page.close();

  const next = await EnginePage.open(context, site.address, QUEUE);
  await next.note("c");
  await goOnline();

  await next.page.waitForFunction(() => Reflect.get(window, "facts").sync.state.hosts.get("noted")?.cpu === 3);
  await open.page.waitForFunction(() => Reflect.get(window, "facts").sync.pending.length === 0);
  expect([...(noted()?.note ?? "")].sort()).toEqual(["a", "b", "c"]);
  await expect.poll(async () => [...(await open.told()), ...(await next.told())]).toEqual(["a done"]);
});

test("[U20] whoever signs out is told how many wait, and drops them; another user never sends them", async () => {
  await goOffline();
  const tab = await EnginePage.open(context, site.address, QUEUE);
  await tab.note("a", "b");
  await tab.untilNoted("ab", 2);

  const bob = await EnginePage.open(context, site.address, "?user=bob&queue");
  await bob.note("c");
  await bob.untilNoted("c", 1);
  const asked = await tab.page.evaluate(async () => {
    const { sync } = Reflect.get(window, "facts");
    const refusal = await sync
      .signOut()
      .catch(({ code, count }: { code: string; count: number }) => `${code} ${count}`);
    await sync.signOut({ mutations: "drop" });
    return refusal;
  });
  await tab.page.reload();
  await tab.untilNoted("", 0);
  await goOnline();
  await bob.untilNoted("c", 0);

  expect(asked).toBe("mutations_left 2");
  expect(noted()).toMatchObject({ cpu: 1, note: "c" });
});
