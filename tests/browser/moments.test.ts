import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Admin, Machine } from "./api.ts";
import { launchChromium } from "./chromium.ts";
import { FleetProcess } from "./fleet-process.ts";
import { Tab } from "./tab.ts";
import { Wire } from "./wire.ts";

/** The page reaches the server over a wire that is cut. The test itself reaches it directly. */
const wire = new Wire();
let browser: Browser;
let fleet: FleetProcess;
let admin: Admin;
let machine: Machine;
let tab: Tab;

beforeAll(async () => {
  browser = await launchChromium();
  await wire.open();
  fleet = new FleetProcess({ allowedOrigin: wire.address });
  await fleet.start();
  wire.to(fleet.port);
  admin = await Admin.signIn(fleet.address, wire.address);
  machine = await Machine.enroll(fleet.address, admin, "web-1");
  await tag("first");
  tab = await Tab.open(browser, wire.address, { cookie: admin.cookie });
  await tab.page.goto(`${wire.address}/hosts`);
  await shows("first");
});

afterEach(async ({ task }) => {
  if (task.result?.state === "fail") console.error(await Tab.describeOpen());
});

afterAll(async () => {
  tab.assertNothingWrong();
  await tab.close();
  await browser.close();
  await wire.close();
  await fleet.remove();
});

const tag = (text: string) => admin.patchHost(machine.hostId, { tags: [text] });
const shows = (text: string) => tab.row("web-1").getByText(text, { exact: true }).waitFor();
const bar = (name: string) => tab.page.getByRole("region", { name });
const button = (name: string) => tab.page.getByRole("button", { name });
const placeOf = () => new URL(tab.page.url()).searchParams;

test("a paused page stays as it is while changes go on behind it, and is right again in one step", async () => {
  const { page } = tab;
  await page.locator("body").press("p");
  await bar("Pause")
    .getByText(/Paused at \d\d:\d\d:\d\d/)
    .waitFor();

  await expect.poll(() => tab.badge.innerText()).toMatch(/^Paused/);
  await tag("second");

  await bar("Pause")
    .getByText(/^[1-9]\d* changes? waiting\.$/)
    .waitFor();
  await shows("first");
  await button("Resume").last().click();
  await shows("second");
  expect(await bar("Pause").count()).toBe(0);
});

test("the page shows what was before a change and nothing can be done there, a link leads to the same, and now is one step away", async () => {
  const { page } = tab;
  const before = (await admin.state()).version;
  await tag("third");
  await shows("third");

  await button("Look back").click();
  await bar("The past")
    .getByText(/^As it was at/)
    .waitFor();
  const [, epoch] = (placeOf().get("at") ?? "").split(".");
  await page.goto(`${wire.address}/hosts?at=${before}.${epoch}`);
  await bar("The past")
    .getByText(/changes? before now/)
    .waitFor();
  await shows("second");
  expect(await page.locator(".frame[data-moment=past]").count()).toBe(1);
  await expect.poll(() => tab.badge.innerText()).toMatch(/^The past/);
  await tab
    .row("web-1")
    .getByRole("checkbox")
    .first()
    .check({ force: true })
    .catch(() => undefined);
  expect(await page.getByRole("button", { name: /^Run/ }).count()).toBe(0);

  await button("Next change").click();
  await expect.poll(() => Number(placeOf().get("at")?.split(".")[0])).toBeGreaterThan(before);
  await page.getByRole("link", { name: /^Events/ }).click();
  await page.getByRole("heading", { name: "Events", level: 1 }).waitFor();
  expect(placeOf().get("at")).not.toBeNull();
  await page.goBack();
  await page
    .getByRole("slider", { name: "Moment" })
    .fill((await page.getByRole("slider", { name: "Moment" }).getAttribute("min")) ?? "");
  await expect.poll(() => Number(placeOf().get("at")?.split(".")[0])).toBeLessThan(before);

  await button("Back to now").click();
  await shows("third");
  expect([placeOf().get("at"), await bar("The past").count()]).toEqual([null, 0]);
  await page.goBack();
  await bar("The past").waitFor();
  await page.goForward();
  await shows("third");
});

test("two moments are compared: each field that is another, by kind and by host", async () => {
  const { page } = tab;
  const { version, epoch } = await admin.state();
  await tag("fourth");
  await shows("fourth");

  await page.goto(`${wire.address}/hosts?at=${version}.${epoch}`);
  await shows("third");
  await button("Compare with now").click();
  const panel = bar("What changed");
  await panel.getByText("Hosts").click();
  await panel.getByText(/^changed web-1/).click();
  await panel.getByRole("row", { name: "tags third fourth" }).waitFor();
  await panel.getByRole("button", { name: "By host" }).click();
  await panel.locator("summary", { hasText: "web-1" }).first().waitFor();
  await panel.getByRole("button", { name: "Close what changed" }).click();
  expect(await panel.count()).toBe(0);
});

test("a moment that can't be shown says why, and leads back to now", async () => {
  const { page } = tab;
  await page.goto(`${wire.address}/hosts?at=5.of-another-history`);

  await page
    .getByRole("alert")
    .getByText(/another history/)
    .waitFor();
  await shows("fourth");
  await button("Back to now").click();
  expect(await bar("The past").count()).toBe(0);
});

test("an open output can't stop its command at another moment than now, and says why", async () => {
  const { page } = tab;
  const commandId = await admin.dispatch("speak", [machine.hostId]);
  const { version, epoch } = await admin.state();
  const stop = page.getByRole("button", { name: "Stop", exact: true });
  const output = `out=${commandId}&tab=${commandId}`;

  await page.goto(`${wire.address}/hosts?${output}&at=${version}.${epoch}`);
  await bar("The past")
    .getByText(/^As it was at/)
    .waitFor();
  await bar("Output")
    .getByText(/^The page shows the past/)
    .waitFor();
  expect(await stop.isDisabled()).toBe(true);
  await button("Back to now").click();
  await expect.poll(() => stop.isEnabled()).toBe(true);
  await page.locator("body").press("p");
  await bar("Output")
    .getByText(/^The page is paused/)
    .waitFor();
  expect(await stop.isDisabled()).toBe(true);

  await button("Resume").last().click();
  await stop.click();
  await expect.poll(() => stop.count()).toBe(0);
});

test("after a cut the page tells what happened meanwhile, and lists what changed since the version that it showed last", async () => {
  const { page } = tab;
  const commandId = await admin.dispatch("speak", [machine.hostId]);
  await machine.claim(commandId);
  await tab.context.setOffline(true);
  wire.cut();
  await expect.poll(() => tab.badge.innerText()).toMatch(/^Offline/);
  const finishedAt = new Date().toISOString();
  await machine.report({ type: "finished", commandId, status: "failed", finishedAt, outputBytes: 0 });
  await tag("fifth");
  await page.waitForTimeout(6_000); // A shorter cut goes unnoticed.

  wire.mend();
  await tab.context.setOffline(false);

  await page.getByText(/In the \d+ s that this page could not follow, 1 command did not succeed\./).waitFor();
  await button("Show what changed").click();
  const panel = bar("What changed");
  await panel.getByText("Runs").click();
  await panel.getByText(/^changed speak on web-1/).waitFor();
  await panel.getByText("Hosts").click();
  await panel.getByText(/^changed web-1/).waitFor();
});
