import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { atLeisure } from "../leisure.ts";
import { Admin, Machine } from "./api.ts";
import { launchChromium } from "./chromium.ts";
import { FleetProcess } from "./fleet-process.ts";
import { Tab } from "./tab.ts";
import { writeAll } from "./written-output.ts";

const MEGABYTES = 100;
const fleet = new FleetProcess();
let browser: Browser;
let admin: Admin;
let tab: Tab;
let page: Page;
let id: string;
let lines = 0;

beforeAll(async () => {
  browser = await launchChromium();
  await fleet.start();
  admin = await Admin.signIn(fleet.address);
  const machine = await Machine.enroll(fleet.address, admin, "web-1");
  id = await admin.dispatch("speak", [machine.hostId]);
  await machine.claim(id);
  let offset = 0;
  while (offset < MEGABYTES * 1_000_000) offset = await writeAll(machine, id, offset, part(), 3_900);
  lines += 1;
  await writeAll(machine, id, offset, "needle in the last line\n");
  tab = await Tab.open(browser, fleet.address, { cookie: admin.cookie });
  page = tab.page;
  await page.addInitScript(noteLongTasks);
});

afterAll(async () => {
  await browser.close();
  await fleet.remove();
});

/** About a megabyte, as builds print it: of lines of all lengths, some of them in colour. */
function part(): string {
  let text = "";
  while (text.length < 1_000_000) {
    lines += 1;
    const word = lines % 7 === 0 ? "\u001b[32mPASS\u001b[0m" : lines % 31 === 0 ? "\u001b[1;33mWARN\u001b[m" : "info";
    text += `${word} step ${lines} of the build has compiled ${"src/module/".repeat(lines % 5)}file-${lines % 97}.ts\n`;
  }
  return text;
}

test("an output of 100 MB opens at its end, scrolls without freezing, and its last line is found", async () => {
  const started = performance.now();
  await page.goto(`${fleet.address}/hosts?out=${id}&tab=${id}`);
  await page.locator(".output-line").getByText("needle in the last line").waitFor();
  const openedMs = performance.now() - started;
  const opening = await page.evaluate(longTasks);

  const oldest = () => page.locator(".output-line[data-line]").first().getAttribute("data-line").then(Number);
  await page.locator(".output-text").hover();
  const scrollStarted = performance.now();
  let turns = 0;
  for (; turns < 400 && lines - (await oldest()) < 20_000; turns += 1) await page.mouse.wheel(0, -3_000);
  const scrolledMs = performance.now() - scrollStarted;
  const scrolledLines = lines - (await oldest());
  const scrolling = await page.evaluate(longTasks);
  const rows = await page.locator(".output-line").count();
  const heapMb = await page.evaluate(() => (Reflect.get(performance, "memory")?.usedJSHeapSize ?? 0) / 1e6);

  await page.locator(".output-text").focus();
  await page.keyboard.press("ControlOrMeta+f");
  const findStarted = performance.now();
  await page.getByRole("textbox", { name: "Find in the whole output" }).fill("needle");
  await expect.poll(() => page.locator(".output-found").innerText()).toBe("1 of 1 line");
  const foundMs = performance.now() - findStarted;
  await page.locator(`.output-line[data-line="${lines}"]`).getByText("needle in the last line").waitFor();
  const middle = Math.floor(lines / 2);
  const jumpStarted = performance.now();
  await page.getByLabel("Line", { exact: true }).fill(String(middle));
  await page.getByLabel("Line", { exact: true }).press("Enter");
  await page.locator(`.output-line.is-marked[data-line="${middle}"]`).waitFor();
  const jumpedMs = performance.now() - jumpStarted;

  const told = {
    lines,
    openedMs,
    opening,
    turns,
    scrolledLines,
    scrolledMs,
    scrolling,
    rows,
    heapMb,
    foundMs,
    jumpedMs,
  };
  console.log(JSON.stringify(told, (_, value) => (typeof value === "number" ? Math.round(value) : value)));
  expect(scrolledLines).toBeGreaterThan(10_000);
  expect(rows).toBeLessThan(6_000);
  expect(openedMs).toBeLessThan(atLeisure(3_000));
  tab.assertNothingWrong();
  await tab.close();
});

/** These two run in the page. */
function noteLongTasks(): void {
  const tasks: number[] = [];
  Reflect.set(window, "longTasks", tasks);
  new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
    type: "longtask",
    buffered: true,
  });
}

function longTasks(): { over50: number; over100: number; longestMs: number } {
  const tasks: number[] = Reflect.get(window, "longTasks").splice(0);
  return { over50: tasks.length, over100: tasks.filter((ms) => ms > 100).length, longestMs: Math.max(0, ...tasks) };
}
