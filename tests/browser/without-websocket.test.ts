import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type Nginx, startNginx } from "../nodes/nginx.ts";
import { Admin, Machine } from "./api.ts";
import { launchChromium } from "./chromium.ts";
import { FleetProcess } from "./fleet-process.ts";
import { type RequestProxy, requestProxy } from "./request-proxy.ts";
import { Tab } from "./tab.ts";
import { Wire } from "./wire.ts";

/**
 * The page reaches the server through a proxy that lets no WebSocket pass, the nginx of docs/SCALE.md, and a wire behind it that can
 * be cut.
 */
const BEACON_MS = 2_000;
const wire = new Wire();
let nginx: Nginx;
let proxy: RequestProxy;
let browser: Browser;
let fleet: FleetProcess;
let admin: Admin;
let machine: Machine;
let tab: Tab;

beforeAll(async () => {
  browser = await launchChromium();
  proxy = await requestProxy();
  await wire.open();
  fleet = new FleetProcess({ beaconInterval: `${BEACON_MS}ms`, allowedOrigin: proxy.origin });
  await fleet.start();
  wire.to(fleet.port);
  nginx = await startNginx([wire.address]);
  proxy.to(nginx.address);
  admin = await Admin.signIn(fleet.address, proxy.origin);
  machine = await Machine.enroll(fleet.address, admin, "web-1");
});

afterAll(async () => {
  await browser.close();
  proxy.close();
  await nginx.end();
  await wire.close();
  await fleet.remove();
});

beforeEach(async () => {
  proxy.holdStreams(false);
  wire.mend();
  tab = await Tab.open(browser, proxy.origin, { cookie: admin.cookie });
});

afterEach(async ({ task }) => {
  if (task.result?.state === "fail") console.error(await Tab.describeOpen());
  tab.assertNothingWrong();
  await tab.close();
});

async function open(): Promise<void> {
  await tab.page.goto(`${proxy.origin}/hosts`);
  await tab.row("web-1").waitFor();
  await tab.isLive();
}

const tag = (text: string) => admin.patchHost(machine.hostId, { tags: [text] });

async function assertLevel(): Promise<void> {
  await expect
    .poll(async () => {
      const [page, server] = [await tab.diagnosis(), await admin.state()];
      return page.digest === server.digest && page.view.version === server.version && page.view.epoch === server.epoch;
    })
    .toBe(true);
}

async function saysWay(words: RegExp): Promise<void> {
  await tab.badge.click();
  await tab.page.getByText(words).waitFor();
  await tab.page.keyboard.press("Escape");
}

test("[H9] [R7] where no WebSocket passes the page is live all the same, by a stream, and says so", async () => {
  await open();

  await tag("by-stream");
  await tab.row("web-1").getByText("by-stream").waitFor();

  await saysWay(/HTTP, as a stream/);
  await assertLevel();
  await tab.page.waitForTimeout(3 * BEACON_MS);
  await tab.isLive();
  expect(proxy.paths.filter((path) => path.startsWith("/sync/live/")).length).toBeGreaterThan(0);
});

test("[H9] [R7] where streams are held back it is live by polls", async () => {
  proxy.holdStreams(true);
  await open();

  await tag("by-polls");
  await tab.row("web-1").getByText("by-polls").waitFor();

  await saysWay(/HTTP, one request after the other/);
  await assertLevel();
});

test("[R7] [H9] a cut is never shown as live, and is resumed where the page was", async () => {
  await open();
  const fetched = proxy.paths.filter((path) => path.startsWith("/sync/s/")).length;

  wire.cut();
  await expect.poll(() => tab.badge.innerText()).not.toMatch(/^(Live|Resynced|Checking)/);
  expect(await tab.page.locator(".frame.is-old").count()).toBe(1);
  await tag("while-cut");
  wire.mend();

  await tab.row("web-1").getByText("while-cut").waitFor();
  await tab.isLive();
  await assertLevel();
  expect(proxy.paths.filter((path) => path.startsWith("/sync/s/"))).toHaveLength(fetched);
});

test("[R5] [H9] a way that died without a word is noticed, and never passes for live", async () => {
  await open();

  wire.silence();
  await tag("unheard");
  await expect.poll(() => tab.badge.innerText(), { timeout: 120_000 }).not.toMatch(/^(Live|Resynced|Checking)/);
  expect(await tab.row("web-1").getByText("unheard").count()).toBe(0);

  wire.mend();
  await tab.row("web-1").getByText("unheard").waitFor();
  await tab.isLive();
  await assertLevel();
});
