import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { atLeisure } from "../leisure.ts";
import { Admin, Machine } from "./api.ts";
import { freezePages, launchChromium } from "./chromium.ts";
import { FleetProcess } from "./fleet-process.ts";
import { Tab } from "./tab.ts";
import { Wire } from "./wire.ts";

/** The page reaches the server over a wire of the test's own. The test itself reaches it directly. */
const BEACON_MS = 2_000;
const wire = new Wire();
let browser: Browser;
let fleet: FleetProcess;
let admin: Admin;
let machine: Machine;
let tab: Tab;

beforeAll(async () => {
  browser = await launchChromium();
  await wire.open();
  fleet = new FleetProcess({ beaconInterval: `${BEACON_MS}ms`, allowedOrigin: wire.address });
  await fleet.start();
  wire.to(fleet.port);
  admin = await Admin.signIn(fleet.address, wire.address);
  machine = await Machine.enroll(fleet.address, admin, "web-1");
});

afterAll(async () => {
  await browser.close();
  await wire.close();
  await fleet.remove();
});

beforeEach(async () => {
  tab = await Tab.open(browser, wire.address, { cookie: admin.cookie });
  await tab.page.goto(`${wire.address}/hosts`);
  await tab.row("web-1").waitFor();
  await tab.isLive();
  // A browser never asks again for a part of the page that it could not fetch, so the server is there until all have come.
  await tab.page.waitForLoadState("networkidle");
  await tab.page.evaluate(() => Reflect.set(window, "sameDocument", true));
});

afterEach(async ({ task }) => {
  if (task.result?.state === "fail") console.error(await Tab.describeOpen());
  expect(await tab.page.evaluate(() => Reflect.get(window, "sameDocument"))).toBe(true);
  tab.assertNothingWrong();
  await tab.close();
});

const tag = (text: string) => admin.patchHost(machine.hostId, { tags: [text] });
const isOld = () => tab.page.locator(".frame.is-old").count();

/** The page holds what the server holds: the same version and the digest of the same content. */
async function assertLevel(): Promise<void> {
  await expect
    .poll(async () => {
      const [page, server] = [await tab.diagnosis(), await admin.state()];
      return page.digest === server.digest && page.view.version === server.version && page.view.epoch === server.epoch;
    })
    .toBe(true);
}

test("[R7] a server that is killed and started again: the page says so, recovers without a reload and shows the right values", async () => {
  await fleet.killHard();
  await expect
    .poll(() => tab.badge.innerText())
    .toMatch(/^Reconnecting, try \d+( in \d+ s)?\s+data from \d\d:\d\d:\d\d \(\d+ s old\)$/);
  expect(await isOld()).toBe(1);
  expect(await tab.row("web-1").innerText()).toContain("Was ready");

  await fleet.start();
  await tag("after-the-crash");
  await tab.row("web-1").getByText("after-the-crash").waitFor();

  await expect.poll(() => tab.badge.innerText()).toMatch(/^(Resynced\s+\d+ changes? later|Live)$/);
  expect(await isOld()).toBe(0);
  await assertLevel();
});

test("an offline and online cycle: the page says that it is offline, and is right as soon as it is back", async () => {
  await tab.context.setOffline(true);
  wire.cut();
  await expect.poll(() => tab.badge.innerText()).toMatch(/^Offline\s+data from/);
  expect(await isOld()).toBe(1);
  await tag("while-offline");

  wire.mend();
  await tab.context.setOffline(false);
  await tab.row("web-1").getByText("while-offline").waitFor();
  await expect.poll(() => tab.badge.innerText()).toMatch(/^Resynced\s+\d+ changes? later$/);
  await assertLevel();
});

test("after a cut the page says what went wrong meanwhile, until it is put away", async () => {
  const commandId = await admin.dispatch("speak", [machine.hostId]);
  await machine.claim(commandId);
  await tab.context.setOffline(true);
  wire.cut();
  await expect.poll(() => tab.badge.innerText()).toMatch(/^Offline/);
  await machine.report({
    type: "finished",
    commandId,
    status: "failed",
    finishedAt: new Date().toISOString(),
    outputBytes: 0,
  });
  await tab.page.waitForTimeout(6_000); // A shorter cut goes unnoticed.

  wire.mend();
  await tab.context.setOffline(false);

  await tab.page.getByText(/In the \d+ s that this page could not follow, 1 command did not succeed\./).waitFor();
  await tab.page.getByRole("button", { name: "Show events" }).click();
  await tab.page.getByRole("row", { name: /speak on web-1 failed/ }).waitFor();
  expect(await tab.page.getByText("could not follow").count()).toBe(0);
});

test("[R5] a connection that died without a word is noticed, and never passes for live", async () => {
  wire.silence();
  await tag("unheard");
  await expect
    .poll(() => tab.badge.innerText(), { timeout: atLeisure(1.5 * BEACON_MS + 7_000) })
    .not.toMatch(/^(Live|Resynced|Checking)/);
  expect(await tab.row("web-1").getByText("unheard").count()).toBe(0);
  expect(await isOld()).toBe(1);

  wire.mend();
  await tab.row("web-1").getByText("unheard").waitFor();
  await tab.isLive();
  await assertLevel();
});

test("[P2] a tab that was frozen while the connection broke is right within two seconds of waking", async () => {
  await tab.page.evaluate(timeTheWaking, "while-frozen");
  const thaw = await freezePages(browser);
  wire.cut();
  await tag("while-frozen");
  wire.mend();
  await new Promise((resolve) => setTimeout(resolve, 3 * BEACON_MS));

  const sockets: string[] = [];
  tab.page.on("websocket", (socket) => sockets.push(socket.url()));
  thaw();
  await tab.row("web-1").getByText("while-frozen").waitFor();

  const { wokenAt, rightAt } = await tab.page.evaluate(() => Reflect.get(window, "times"));
  expect(wokenAt).toBeGreaterThan(0);
  expect(rightAt - wokenAt).toBeLessThan(atLeisure(2_000));
  expect(sockets).toHaveLength(1); // The first try: nothing waited for a backoff.
  await tab.isLive();
  await assertLevel();
});

test("what an op prints while the wire is cut is there afterwards, without a hole and without a repetition", async () => {
  const commandId = await admin.dispatch("speak", [machine.hostId]);
  await machine.claim(commandId);
  let offset = await machine.write(commandId, 0, "line 1\n");
  await tab.page.goto(`${wire.address}/runs?out=${commandId}&tab=${commandId}`);
  await tab.page.evaluate(() => Reflect.set(window, "sameDocument", true));
  const output = tab.page.locator(".output-text");
  await output.getByText("line 1").waitFor();

  wire.cut();
  for (let line = 2; line <= 50; line += 1) offset = await machine.write(commandId, offset, `line ${line}\n`);
  await machine.report({
    type: "finished",
    commandId,
    status: "failed",
    exitCode: 3,
    finishedAt: new Date().toISOString(),
    outputBytes: offset,
  });
  wire.mend();
  await output.getByText("line 50").waitFor();

  expect((await output.innerText()).trim().split(/\n+/)).toEqual(
    Array.from({ length: 50 }, (_, index) => `line ${index + 1}`),
  );
  await expect.poll(() => tab.page.locator(".output-facts").innerText()).toMatch(/Failed\s+exit 3/);
});

/** This runs in the page: it notes when its timers went on after they had stood still, and when it showed the text. */
function timeTheWaking(text: string): void {
  const times = { wokenAt: 0, rightAt: 0 };
  Reflect.set(window, "times", times);
  let tickedAt = performance.now();
  setInterval(() => {
    const now = performance.now();
    if (now - tickedAt > 2_000) times.wokenAt = now;
    tickedAt = now;
  }, 50);
  const look = () => {
    if (times.rightAt === 0 && document.body.textContent?.includes(text)) times.rightAt = performance.now();
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
}
