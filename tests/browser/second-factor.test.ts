import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Admin, Machine } from "./api.ts";
import { authenticatorCode } from "./authenticator.ts";
import { launchChromium } from "./chromium.ts";
import { FleetProcess, PASSWORD } from "./fleet-process.ts";
import { Tab } from "./tab.ts";

const dataDir = mkdtempSync(join(tmpdir(), "neverstale-second-factor-"));
writeFileSync(join(dataDir, "fleet.yaml"), "ops: { speak: { danger: true } }");
const fleet = new FleetProcess({ localAgent: false, dataDir });
let machine: Machine;
let browser: Browser;
let tab: Tab;
let secret = "";
let recoveryCodes: string[] = [];

beforeAll(async () => {
  browser = await launchChromium();
  await fleet.start();
  machine = await Machine.enroll(fleet.address, await Admin.signIn(fleet.address), "web-1");
  tab = await Tab.open(browser, fleet.address);
});

afterAll(async () => {
  await tab.close();
  await fleet.remove();
  await browser.close();
});

const AHEAD_MS = 40 * 60_000;

function codeAt(ms: number): string {
  return authenticatorCode(secret, ms);
}

async function signIn(): Promise<void> {
  const { page } = tab;
  await page.getByLabel("User name").fill("admin");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
}

async function signOut(): Promise<void> {
  const { page } = tab;
  await page.getByRole("button", { name: "Account of admin" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
}

test("[C22] a user scans a key that the page draws itself, confirms it with a code, and keeps the recovery codes", async () => {
  const { page } = tab;
  const foreign: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(fleet.address)) foreign.push(request.url());
  });
  await page.goto(fleet.address);
  await signIn();
  await tab.isLive();
  await page.getByRole("button", { name: "Account of admin" }).click();
  await page.getByRole("menuitem", { name: "Your account" }).click();

  await page.getByRole("button", { name: "Set it up" }).click();
  const modules = await page.getByRole("img", { name: "The key as a QR code" }).locator("path").getAttribute("d");
  secret = await page.getByLabel("The key", { exact: true }).inputValue();
  await page.getByLabel("Code", { exact: true }).fill("000000");
  await page.getByRole("button", { name: "Switch it on" }).click();
  await page.getByRole("alert").getByText("the code is wrong").waitFor();
  await page.getByLabel("Code", { exact: true }).fill(codeAt(Date.now()));
  await page.getByRole("button", { name: "Switch it on" }).click();
  recoveryCodes = (await page.getByLabel("The recovery codes").inputValue()).split("\n");
  await page.getByRole("button", { name: "I have kept them" }).click();

  await page.getByRole("article", { name: "Your second factor" }).getByText("10 recovery codes left").waitFor();
  expect((modules ?? "").length).toBeGreaterThan(1_000);
  expect([secret.length, recoveryCodes.length, foreign]).toEqual([32, 10, []]);
  tab.assertNothingWrong();
});

test("[C22] the sign-in asks for the code, and takes a recovery code once", async () => {
  const { page } = tab;
  const [code = ""] = recoveryCodes;
  await signOut();

  await signIn();
  await page.getByLabel("Code", { exact: true }).fill("000000");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").getByText("the code is wrong").waitFor();
  await page.getByLabel("Code", { exact: true }).fill(code);
  await page.getByRole("button", { name: "Sign in" }).click();
  await tab.isLive();
  await signOut();
  await signIn();
  await page.getByLabel("Code", { exact: true }).fill(code);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").getByText("the code is wrong").waitFor();
  await page.getByLabel("Code", { exact: true }).fill(recoveryCodes[1] ?? "");
  await page.getByRole("button", { name: "Sign in" }).click();

  await tab.isLive();
  tab.assertNothingWrong();
});

test("[C23] a dangerous op asks for the number of hosts and a code, and starts with both alone", async () => {
  const { page } = tab;
  const run = async (hosts: string, code: string) => {
    await page.getByRole("button", { name: "Run Speak on 1 host" }).click();
    const sheet = page.getByRole("dialog", { name: "Speak is dangerous" });
    await sheet.getByLabel("Number of hosts").fill(hosts);
    await sheet.getByLabel("Code", { exact: true }).fill(code);
    await sheet.getByRole("button", { name: "Run it" }).click();
  };
  await page.goto(`${fleet.address}/hosts`);
  await tab.isLive();
  await tab.row("web-1").getByRole("checkbox").click();
  await page.getByRole("button", { name: "What to run" }).click();
  await page.getByRole("option", { name: /^Speak/ }).click();

  await run("2", codeAt(Date.now() + 30_000));
  await page.getByRole("alert").getByText("speak goes to 1 host, and 2 was typed").waitFor();
  await run("1", "000000");
  await page.getByRole("alert").getByText("the code is wrong").waitFor();
  await run("1", codeAt(Date.now() + 30_000));

  const commands = async () => (await (await page.request.get(`${fleet.address}/api/commands`)).json()).commands;
  await expect.poll(commands).toMatchObject([{ op: "speak", host: machine.hostId, requestedBy: "admin" }]);
  tab.assertNothingWrong();
});

test("[C23] half an hour later the page asks who it is before it makes a token, and goes on with that then", async () => {
  const { page } = tab;
  await fleet.stop();
  await fleet.start(AHEAD_MS);
  await page.goto(`${fleet.address}/hosts`);
  await tab.isLive();

  await page.getByRole("button", { name: "Add hosts" }).first().click();
  await page.getByRole("button", { name: "Make the line" }).click();
  const sheet = page.getByRole("dialog", { name: "Is it you?" });
  await sheet.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("alert").getByText("nothing was done").waitFor();
  await page.getByRole("button", { name: "Make the line" }).click();
  await sheet.getByLabel("Code", { exact: true }).fill(codeAt(Date.now() + AHEAD_MS));
  await sheet.getByRole("button", { name: "Confirm" }).click();

  await page.getByRole("button", { name: /^Copy/ }).first().waitFor();
  await sheet.waitFor({ state: "detached" });
  tab.assertNothingWrong();
});
