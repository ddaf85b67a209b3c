import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Admin, Machine } from "./api.ts";
import { launchChromium } from "./chromium.ts";
import { FleetProcess } from "./fleet-process.ts";
import { Tab } from "./tab.ts";

const fleet = new FleetProcess({ localAgent: false });
let browser: Browser;
let admin: Admin;
let tab: Tab;

beforeAll(async () => {
  browser = await launchChromium();
  await fleet.start();
  admin = await Admin.signIn(fleet.address);
  for (const [name, team] of [
    ["web-1", "team:web"],
    ["db-1", "team:db"],
  ] as const) {
    const { hostId } = await Machine.enroll(fleet.address, admin, name);
    await admin.patchHost(hostId, { tags: [team] });
  }
  tab = await Tab.open(browser, fleet.address, { cookie: admin.cookie });
});

afterAll(async () => {
  await tab.close();
  await fleet.remove();
  await browser.close();
});

test("an admin limits somebody to hosts with a tag, whose page shows no other, and another one as soon as that changes", async () => {
  const { page } = tab;
  await page.goto(fleet.address);
  await tab.isLive();
  await page.getByRole("button", { name: "Account of admin" }).click();
  await page.getByRole("menuitem", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Invite" }).click();
  await page.getByLabel("User name").fill("maria");
  await page.getByLabel("Only hosts with one of these tags").fill("team:web");
  await page.getByRole("button", { name: "Make the link" }).click();
  const link = await page.getByLabel("The one-time link").inputValue();
  await page.getByRole("button", { name: "Done" }).click();
  const card = page.getByRole("article", { name: "maria" });
  await card.getByText("hosts with team:web").waitFor();

  const maria = await Tab.open(browser, fleet.address);
  await maria.page.goto(link);
  await maria.page.getByLabel("New password").fill("a password of maria");
  await maria.page.getByRole("button", { name: "Set password" }).click();
  await maria.isLive();
  await maria.row("web-1").waitFor();
  expect(await maria.page.getByText("db-1").count()).toBe(0);

  await card.getByRole("button", { name: "Hosts" }).click();
  await page.getByLabel("Only hosts with one of these tags").fill("team:db");
  await page.getByRole("button", { name: "Grant" }).click();
  await card.getByText("hosts with team:db").waitFor();
  await maria.row("db-1").waitFor();
  await maria.row("web-1").waitFor({ state: "detached" });
  await maria.isLive();

  await card.getByRole("button", { name: "Hosts" }).click();
  await page.getByLabel("Only hosts with one of these tags").fill("not a tag!");
  await page.getByRole("button", { name: "Grant" }).click();
  await page.getByRole("alert").waitFor();
  await page.getByLabel("Only hosts with one of these tags").fill("");
  await page.getByRole("button", { name: "Grant" }).click();
  await card.getByText("all hosts").waitFor();
  await maria.row("web-1").waitFor();
  await maria.close();
});
