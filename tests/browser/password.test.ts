import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "./chromium.ts";
import { FleetProcess, PASSWORD } from "./fleet-process.ts";
import { Tab } from "./tab.ts";

const fleet = new FleetProcess({ localAgent: false, password: false });
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

async function setPassword(current: string, password: string): Promise<void> {
  const { page } = tab;
  await page.getByRole("button", { name: "Account of admin" }).click();
  await page.getByRole("menuitem", { name: "Password" }).click();
  await page.getByLabel("Current password").fill(current);
  await page.getByLabel("New password").fill(password);
  await page.getByRole("button", { name: "Set password" }).click();
}

test("who went on without a password sets one in the account menu, changes it, and signs in with it", async () => {
  const { page } = tab;
  await page.goto(fleet.signInLink);
  await page.getByRole("button", { name: "Sign in" }).click();
  await tab.isLive();

  await setPassword("", PASSWORD);
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await setPassword("a wrong one altogether", `${PASSWORD} and more`);
  await page.getByRole("alert").getByText("the current password is wrong").waitFor();
  await page.getByLabel("Current password").fill(PASSWORD);
  await page.getByRole("button", { name: "Set password" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Account of admin" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByLabel("User name").fill("admin");
  await page.getByLabel("Password").fill(`${PASSWORD} and more`);
  await page.getByRole("button", { name: "Sign in" }).click();
  await tab.isLive();

  expect(new URL(page.url()).pathname).toMatch(/^\/(hosts)?$/);
});

test("an admin invites somebody, who sets a password by the link, sees the own session, and is out once removed", async () => {
  const { page } = tab;
  await page.getByRole("button", { name: "Account of admin" }).click();
  await page.getByRole("menuitem", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Invite" }).click();
  await page.getByLabel("User name").fill("maria");
  await page.getByRole("button", { name: "Make the link" }).click();
  const link = await page.getByLabel("The one-time link").inputValue();
  await page.getByRole("button", { name: "Done" }).click();

  const maria = await Tab.open(browser, fleet.address);
  await maria.page.goto(link);
  expect(maria.page.url()).not.toContain("invite");
  expect(await maria.page.getByLabel("User name").inputValue()).toBe("maria");
  await maria.page.getByLabel("New password").fill("a password of maria");
  await maria.page.getByRole("button", { name: "Set password" }).click();
  await maria.isLive();
  await maria.page.getByRole("button", { name: "Account of maria" }).click();
  await maria.page.getByRole("menuitem", { name: "Your account" }).click();
  const settings = maria.page.getByRole("navigation", { name: "Settings" });
  await settings.getByRole("link", { name: "Sessions" }).click();
  await maria.page.getByRole("heading", { name: "This page" }).waitFor();
  expect(await settings.getByRole("link").allInnerTexts()).not.toContain("People");

  await page.getByRole("article", { name: "maria" }).getByRole("button", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await page.getByRole("article", { name: "maria" }).waitFor({ state: "detached" });
  await maria.page.getByRole("heading", { name: "Session ended" }).waitFor();
  await maria.close();
});
