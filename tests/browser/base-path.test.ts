import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "./chromium.ts";
import { FleetProcess, PASSWORD } from "./fleet-process.ts";
import { pathProxy } from "./path-proxy.ts";
import { Tab } from "./tab.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(() => browser.close());

test.each([
  ["hands the path on", false],
  ["takes the path away", true],
])(
  "behind a proxy that %s the page works below it: files, sign-in, live state, links, reload",
  async (_name, takesItAway) => {
    const proxy = await pathProxy("/tools/fleet", takesItAway);
    const fleet = new FleetProcess({
      localAgent: true,
      password: false,
      allowedOrigin: proxy.origin,
      basePath: "/tools/fleet/",
    });
    await fleet.start();
    proxy.to(fleet.port);
    const tab = await Tab.open(browser, proxy.origin);
    const { page } = tab;

    expect(fleet.signInLink.startsWith(`${proxy.origin}/tools/fleet/#setup=`)).toBe(true);
    await page.goto(fleet.signInLink);
    await page.getByLabel("New password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await tab.isLive();
    await page.locator(".hosts tbody tr").first().getByText("Ready").waitFor();
    await page.locator(".hosts tbody tr a").first().click();
    await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/tools\/fleet\/hosts\/.+/);
    await page.reload();
    await tab.isLive();
    const cookies = await tab.context.cookies(`${proxy.origin}/tools/fleet`);
    await page.getByRole("button", { name: "Account of admin" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByLabel("User name").waitFor();

    expect(new Set(cookies.map(({ path }) => path))).toEqual(new Set(["/tools/fleet"]));
    expect(await tab.context.cookies(`${proxy.origin}/tools`)).toEqual([]);
    tab.assertNothingWrong();
    await tab.close();
    await fleet.remove();
    proxy.close();
  },
);
