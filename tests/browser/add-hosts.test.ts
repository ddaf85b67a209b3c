import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Admin } from "./api.ts";
import { launchChromium } from "./chromium.ts";
import { FleetProcess } from "./fleet-process.ts";
import { Tab } from "./tab.ts";

const fleet = new FleetProcess();
let browser: Browser;
let tab: Tab;

beforeAll(async () => {
  browser = await launchChromium();
  await fleet.start();
  const admin = await Admin.signIn(fleet.address);
  tab = await Tab.open(browser, fleet.address, { cookie: admin.cookie });
});

afterEach(async ({ task }) => {
  if (task.result?.state === "fail") console.error(await Tab.describeOpen());
});

afterAll(async () => {
  await tab.close();
  await browser.close();
  await fleet.remove();
});

test("an admin gets one line to copy, for so many machines, with the hash that it checks", async () => {
  const { page } = tab;
  await page.goto(fleet.address);
  await page.getByRole("button", { name: "Add hosts" }).click();
  await page.getByLabel("Machines").fill("20");
  await page.getByLabel("Tags").fill("prod, team:web");
  await page.getByRole("button", { name: "Make the line" }).click();

  const command = await page.getByLabel("The line to run").inputValue();

  const [, hash = ""] = /echo '([0-9a-f]{64}) {2}neverstale\.tgz'/.exec(command) ?? [];
  expect(command).toContain(`${fleet.address}/agent/neverstale.tgz`);
  expect(command).toMatch(/--enroll-token \S+\)$/);
  await page.getByText(hash, { exact: true }).waitFor();
  await page.getByRole("button", { name: "Copy the line" }).click();
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  tab.assertNothingWrong();
});
