import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Admin, Machine } from "./api.ts";
import { launchChromium } from "./chromium.ts";
import { FleetProcess } from "./fleet-process.ts";
import { Tab } from "./tab.ts";
import { writeAll } from "./written-output.ts";

const fleet = new FleetProcess();
const LINES = 30_000;
let browser: Browser;
let admin: Admin;
let machine: Machine;
let tab: Tab;
let page: Page;
let id: string;
let written: number;

const line = (number: number) => `line ${number} ${number % 10_000 === 7 || number === LINES ? "needle" : "of hay"}`;

beforeAll(async () => {
  browser = await launchChromium();
  await fleet.start();
  admin = await Admin.signIn(fleet.address);
  machine = await Machine.enroll(fleet.address, admin, "web-1");
  id = await admin.dispatch("speak", [machine.hostId]);
  await machine.claim(id);
  const lines = Array.from({ length: LINES }, (_, at) => `${line(at + 1)}\n`);
  written = await writeAll(machine, id, 0, lines.join(""));
  tab = await Tab.open(browser, fleet.address, { cookie: admin.cookie });
  page = tab.page;
});

afterEach(async ({ task }) => {
  if (task.result?.state === "fail") console.error((await Tab.describeOpen()).slice(-3_000));
});

afterAll(async () => {
  await browser.close();
  await fleet.remove();
});

const row = (number: number) => page.locator(`.output-line[data-line="${number}"]`);
const isInSight = (number: number) =>
  row(number).evaluate((element) => {
    const box = element.closest(".output-text")?.getBoundingClientRect();
    const { top, bottom } = element.getBoundingClientRect();
    return box !== undefined && top >= box.top - 1 && bottom <= box.bottom + 1;
  });
const open = (more = "") => page.goto(`${fleet.address}/hosts?out=${id}&tab=${id}${more}`);

test("a long output opens at its end, and what stands before comes as somebody scrolls there", async () => {
  await open();
  await expect.poll(() => isInSight(LINES)).toBe(true);
  expect(await row(LINES).innerText()).toBe(line(LINES));
  expect(await page.locator(".output-line").count()).toBeLessThan(6_000);

  const oldest = () => page.locator(".output-line[data-line]").first().getAttribute("data-line").then(Number);
  const before = await oldest();
  await page.locator(".output-text").hover();
  await page.mouse.wheel(0, -1_000_000);
  await expect.poll(oldest).toBeLessThan(before - 500);
  expect(await page.locator(".output-line").count()).toBeLessThan(6_000);
});

test("whoever has scrolled up is told how many lines came, and one step goes on to follow", async () => {
  written = await writeAll(machine, id, written, "new 1\nnew 2\nnew 3\n");
  const follow = page.getByRole("button", { name: "3 new lines, follow" });
  await follow.click();
  await page.locator(".output-line").getByText("new 3").waitFor();
  await expect.poll(() => isInSight(LINES + 3)).toBe(true);
  await follow.waitFor({ state: "detached" });

  await page.locator(".output-text").focus();
  await page.keyboard.press("Home");
  await expect.poll(() => isInSight(1)).toBe(true);
  await page.keyboard.press("End");
  await expect.poll(() => isInSight(LINES + 3)).toBe(true);
});

test("the find goes through all of the output, counts, and brings each hit into sight, marked", async () => {
  await page.keyboard.press("ControlOrMeta+f");
  const field = page.getByRole("textbox", { name: "Find in the whole output" });
  await field.fill("NEEDLE");
  const found = page.locator(".output-found");
  await expect.poll(() => found.innerText()).toBe("4 of 4 lines");
  await expect.poll(() => isInSight(LINES)).toBe(true);
  const marks = () =>
    page.evaluate(() => [...(CSS.highlights.get("output-hit-now") ?? [])].map((range) => String(range)));
  await expect.poll(marks).toEqual(["needle"]);

  await field.press("Enter");
  await expect.poll(() => found.innerText()).toBe("1 of 4 lines");
  await expect.poll(() => isInSight(7)).toBe(true);
  await field.press("Shift+Enter");
  await field.press("Shift+Enter");
  await expect.poll(() => isInSight(20_007)).toBe(true);
  await page.getByRole("button", { name: "Regular expression" }).click();
  await field.fill("^line [12]0+7 n\\w+e$");
  await expect.poll(() => found.innerText()).toBe("2 of 2 lines");
  await field.fill("(");
  await expect.poll(() => found.innerText()).toMatch(/RE2/);
  await field.press("Escape");
  await field.waitFor({ state: "detached" });
  expect(await page.evaluate(() => CSS.highlights.has("output-hit"))).toBe(false);
});

test("a link leads to a line, which is marked, wherever it stands", async () => {
  await open("&line=12345");
  await expect.poll(() => isInSight(12_345)).toBe(true);
  expect(await page.locator(".output-line.is-marked").innerText()).toBe(line(12_345));
  await page.getByLabel("Line", { exact: true }).fill("29000");
  await page.getByLabel("Line", { exact: true }).press("Enter");
  await expect.poll(() => isInSight(29_000)).toBe(true);
  expect(new URL(page.url()).searchParams.get("line")).toBe("29000");
  await row(28_999).click({ position: { x: 6, y: 6 } });
  await expect.poll(() => page.locator(".output-line.is-marked").innerText()).toBe(line(28_999));
  await page.getByRole("button", { name: "Copy link" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain(`tab=${id}&line=28999`);

  await page.getByLabel("Line", { exact: true }).fill("999999");
  await page.getByLabel("Line", { exact: true }).press("Enter");
  await page.getByRole("alert").getByText("Line 999,999 is not there.").waitFor();
});

test("colours, links, times and a progress bar look as the program meant them, and copying gives the text alone", async () => {
  const speak = await admin.dispatch("speak", [(await Machine.enroll(fleet.address, admin, "web-2")).hostId]);
  const other = await Machine.enroll(fleet.address, admin, "web-3");
  const shown = await admin.dispatch("speak", [other.hostId]);
  await other.claim(shown);
  const bar = Array.from({ length: 10_000 }, (_, at) => `\r${"#".repeat(at / 500)} ${Math.floor(at / 100)} %`).join("");
  const text = [
    "\u001b[38;2;250;250;210mpale\u001b[0m \u001b[7;32m PASS \u001b[0m \u001b[31mred\u001b[0m",
    "\u001b]8;;https://example.org/doc\u001b\\the doc\u001b]8;;\u001b\\ and https://example.org/x.",
    NAMES.map((name, at) => `\u001b[7;${at < 8 ? 30 + at : at === 8 ? 90 : 97}mon-${name}\u001b[m`).join(""),
    `${bar}\r\u001b[Kdone 100 %`,
    "",
    "last",
  ];
  await writeAll(other, shown, 0, `${text.join("\n")}\n`);
  await page.goto(`${fleet.address}/hosts?out=${speak}&out=${shown}&tab=${shown}`);
  await page.locator(".output-line").getByText("done 100 %", { exact: true }).waitFor();
  await page.locator(".output-line").getByText("pale").waitFor(); // What stands before the live tail comes next.

  expect(
    await page
      .locator(".output-text a")
      .evaluateAll((all) => all.map((a) => [a.getAttribute("href"), a.getAttribute("rel")])),
  ).toEqual([
    ["https://example.org/doc", "noopener noreferrer"],
    ["https://example.org/x", "noopener noreferrer"],
  ]);
  const colours = (word: string) =>
    page
      .locator(".output-line span")
      .getByText(word, { exact: true })
      .evaluate((span) => [getComputedStyle(span).color, getComputedStyle(span).backgroundColor]);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const tokens = await page.evaluate(tokenColours, NAMES);
    expect((await colours("red"))[0]).toBe(tokens[1]);
    // Swapped, the ink of a name is a ground that was computed, and not read from the tokens.
    for (const [at, name] of NAMES.entries())
      expect([name, (await colours(`on-${name}`))[1]]).toEqual([name, tokens[at]]);
  }
  expect((await colours("pale"))[0]).toBe("rgb(250, 250, 210)");
  await page.emulateMedia({ colorScheme: "light" });
  expect((await colours("pale"))[0]).not.toBe("rgb(250, 250, 210)");

  await page.getByRole("button", { name: "Times" }).click();
  const time = await page.locator(".output-line").first().getAttribute("data-time");
  expect(time).toMatch(/^\d\d:\d\d:\d\d$/);
  expect(await page.locator(".output-line").first().getAttribute("title")).toContain(time?.slice(3));
  await page.locator(".output-text").evaluate((section) => document.getSelection()?.selectAllChildren(section));
  await page.keyboard.press("ControlOrMeta+C");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
    `pale  PASS  red\nthe doc and https://example.org/x.\n${NAMES.map((name) => `on-${name}`).join("")}\ndone 100 %\n\nlast\n`,
  );
  await page.getByRole("button", { name: "Download" }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: "Lines with times, as JSON" }).click();
  expect((await download).suggestedFilename()).toBe(`speak-${shown}.ndjson`);
  tab.assertNothingWrong();
});

test("the outputs of several hosts stand together by time, each with the name of its host in a colour", async () => {
  const [one, two] = [
    await Machine.enroll(fleet.address, admin, "db-1"),
    await Machine.enroll(fleet.address, admin, "db-2"),
  ];
  const [first, second] = [await admin.dispatch("speak", [one.hostId]), await admin.dispatch("speak", [two.hostId])];
  await one.claim(first);
  await two.claim(second);
  let end = await one.write(first, 0, "one begins\n");
  await two.write(second, 0, "two begins\ntwo goes on\n");
  end = await one.write(first, end, "one goes on\n");
  await page.goto(`${fleet.address}/hosts?out=${first}&out=${second}`);
  await page.getByRole("tab", { name: "All by time" }).click();
  const together = page.getByRole("region", { name: "Outputs of several hosts by time" });
  const rows = () => together.locator(".output-line").allInnerTexts();
  await expect.poll(rows).toEqual(["db-1 one begins", "db-2 two begins", "db-2 two goes on", "db-1 one goes on"]);
  expect(new URL(page.url()).searchParams.get("tab")).toBe("merged");

  await one.write(first, end, "one ends\n");

  await expect.poll(async () => (await rows()).at(-1)).toBe("db-1 one ends");
  const colours = await together
    .locator(".output-source")
    .evaluateAll((names) => [...new Set(names.map((name) => getComputedStyle(name).color))]);
  expect(colours).toHaveLength(2);
  tab.assertNothingWrong();
});

const NAMES = "black red green yellow blue magenta cyan white bright-black bright-white".split(" ");

/** This runs in the page. */
function tokenColours(names: readonly string[]): string[] {
  const probe = document.body.appendChild(document.createElement("i"));
  const colours = names.map((name) => {
    probe.style.color = `var(--term-${name})`;
    return getComputedStyle(probe).color;
  });
  probe.remove();
  return colours;
}
