import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Admin, Machine } from "./api.ts";
import { launchChromium } from "./chromium.ts";
import { FleetProcess } from "./fleet-process.ts";
import { Tab } from "./tab.ts";

const fleet = new FleetProcess();
let browser: Browser;
let admin: Admin;

beforeAll(async () => {
  browser = await launchChromium();
  await fleet.start();
  admin = await Admin.signIn(fleet.address);
});

afterEach(async ({ task }) => {
  if (task.result?.state === "fail") console.error(await Tab.describeOpen());
});

afterAll(async () => {
  await browser.close();
  await fleet.remove();
});

test("a host's charts have its past from the server, go on with what comes, and their range stands in the address", async () => {
  const machine = await Machine.enroll(fleet.address, admin, "web-1");
  for (const cpu of [10, 30]) await machine.report({ type: "metrics", cpu, ram: 50, netIn: 1_500_000 });
  const tab = await Tab.open(browser, fleet.address, { cookie: admin.cookie });
  const { page } = tab;
  await page.goto(`${fleet.address}/hosts/web-1`);
  const cpu = page.getByRole("figure", { name: /^CPU in the last 10 min\./ });
  await expect.poll(() => cpu.innerText()).toMatch(/CPU\s+30 %/);
  await expect.poll(() => cpu.locator("canvas").count()).toBe(1);

  await machine.report({ type: "metrics", cpu: 90, ram: 50, netIn: 1_500_000 });
  await expect.poll(() => cpu.innerText()).toMatch(/CPU\s+90 %/);
  await expect.poll(() => cpu.getAttribute("aria-label")).toMatch(/highest 90 %/);
  expect(await page.getByRole("figure", { name: /^Network/ }).innerText()).toContain("1.5 MB/s");
  expect(await page.getByRole("figure", { name: /^Disk/ }).count()).toBe(0);

  await page.getByRole("radio", { name: "24 h" }).click();
  await page.getByRole("figure", { name: /^CPU in the last 24 h\./ }).waitFor();
  expect(new URL(page.url()).search).toBe("?range=24h");
  await page.reload();
  await page.getByRole("figure", { name: /^CPU in the last 24 h\./ }).waitFor();
  tab.assertNothingWrong();
  await tab.close();
});
