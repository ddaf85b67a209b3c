import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "./chromium.ts";
import { FleetProcess } from "./fleet-process.ts";
import { Tab } from "./tab.ts";

const fleet = new FleetProcess({ localAgent: false, proxyUserHeader: "X-Remote-User" });
let browser: Browser;
let tab: Tab;

beforeAll(async () => {
  browser = await launchChromium();
  await fleet.start();
  tab = await Tab.open(browser, fleet.address);
});

afterAll(async () => {
  await tab.close();
  await fleet.remove();
  await browser.close();
});

test("whom the proxy names goes on with one press, signs out, and is not signed in again unasked", async () => {
  const { page } = tab;
  await page.goto(fleet.address);
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  expect(await page.getByRole("button", { name: "Continue as" }).count()).toBe(0);

  await tab.context.setExtraHTTPHeaders({ "X-Remote-User": "admin" }); // As the proxy in front of the server does.
  await page.reload();
  await page.getByRole("button", { name: "Continue as admin" }).click();
  await tab.isLive();
  await page.getByRole("button", { name: "Account of admin" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();

  await page.getByRole("button", { name: "Continue as admin" }).waitFor();
  tab.assertNothingWrong();
});
