/** A real Chromium opens the page, and says what it costs to keep it current. */

import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Browser, type CDPSession, chromium, type Page } from "playwright-core";
import { CONTEXT, findChromium } from "../../tests/browser/chromium.ts";

export interface PageRun {
  /** It took this until its table could be used. */
  readonly firstLoad: { readonly ms: number; readonly fileBytes: number; readonly stateBytes: number };
  readonly tasksOver50: number;
  readonly tasksOver100: number;
  readonly worstMs: number;
  /** The main thread was in a task for this share of the time. */
  readonly busy: number;
  /** It had a processor for this share of the time. It is less than `busy` where other threads of the browser were let in between. */
  readonly cpu: number;
  readonly scriptShare: number;
  readonly styleAndLayoutShare: number;
  readonly heapStartMb: number;
  readonly heapEndMb: number;
  readonly messagesPerSecond: number;
  readonly domNodes: number;
}

export interface PagePlan {
  readonly address: string;
  readonly path: string;
  readonly cookie: string;
  readonly seconds: number;
  readonly settleSeconds: number;
  /** A profile of the script is written here. Its taking costs time itself. */
  readonly profile: string | null;
}

/** All its processes share one core, which no other process of the measurement has. It paints by software. */
export async function launchOnCore(core: number): Promise<Browser> {
  const found = await findChromium();
  const executablePath = availableParallelism() > 1 ? pinned(found.executable, core) : found.executable;
  return chromium.launch({
    executablePath,
    args: ["--disable-gpu", "--no-first-run", "--disable-background-networking", "--no-sandbox", ...found.flags],
    env: { ...(process.env as Record<string, string>), ...found.environment },
  });
}

function pinned(executable: string, core: number): string {
  const path = join(mkdtempSync(join(tmpdir(), "neverstale-pinned-")), "chromium");
  writeFileSync(path, `#!/bin/sh\nexec taskset -c ${core} '${executable}' "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

export async function measurePage(browser: Browser, plan: PagePlan): Promise<PageRun> {
  const context = await browser.newContext({ ...CONTEXT, viewport: { width: 1440, height: 900 } });
  try {
    const [name = "", value = ""] = plan.cookie.split("=");
    await context.addCookies([{ name, value, url: plan.address }]);
    await context.addInitScript(noteWhatHappens);
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    return await measure(page, devtools, plan);
  } finally {
    await context.close();
  }
}

async function measure(page: Page, devtools: CDPSession, plan: PagePlan): Promise<PageRun> {
  const traffic = watchTraffic(devtools);
  await Promise.all(
    ["Network.enable", "Performance.enable", "HeapProfiler.enable"].map((name) =>
      devtools.send(name as "Network.enable"),
    ),
  );
  await page.goto(plan.address + plan.path);
  await page.locator("[data-badge=Live], [data-badge=Resynced]").first().waitFor();
  await page.locator(ROWS).first().waitFor();
  const firstLoad = {
    ms: Math.round(await usableAfter(page)),
    fileBytes: traffic.fileBytes,
    stateBytes: traffic.stateBytes,
  };
  await delay(plan.settleSeconds * 1_000);
  const shownBefore = await page.locator(TABLE).innerText();
  const heapStartMb = await heapMb(devtools);
  await page.evaluate(() => {
    const noted = Reflect.get(window, "notedTasks") as number[];
    noted.length = 0;
  });
  const [before, messages] = [await metricsOf(devtools), traffic.messages];
  if (plan.profile !== null) await startProfile(devtools);
  await delay(plan.seconds * 1_000);
  if (plan.profile !== null) await writeProfile(devtools, plan.profile);
  const after = await metricsOf(devtools);
  const messagesPerSecond = Math.round((traffic.messages - messages) / plan.seconds);
  const tasks = await page.evaluate(() => Reflect.get(window, "notedTasks") as number[]);
  const heapEndMb = await heapMb(devtools);
  if ((await page.locator(TABLE).innerText()) === shownBefore) throw new Error("void: nothing on the page has changed");
  const spent = (name: string) =>
    ((after.get(name) ?? 0) - (before.get(name) ?? 0)) /
    ((after.get("Timestamp") ?? 0) - (before.get("Timestamp") ?? 0));
  return {
    firstLoad,
    tasksOver50: tasks.filter((ms) => ms > 50).length,
    tasksOver100: tasks.filter((ms) => ms > 100).length,
    worstMs: Math.round(Math.max(0, ...tasks)),
    busy: spent("TaskDuration"),
    cpu: spent("ThreadTime"),
    scriptShare: spent("ScriptDuration"),
    styleAndLayoutShare: spent("RecalcStyleDuration") + spent("LayoutDuration"),
    heapStartMb,
    heapEndMb,
    messagesPerSecond,
    domNodes: after.get("Nodes") ?? 0,
  };
}

const TABLE = "main";
/** A table or a grid of hosts that can be used has one of these. */
const ROWS = ".hosts tbody tr[aria-rowindex], .host-tiles canvas";

/** It runs in the page before all else: it notes the long tasks, and when the hosts came. */
function noteWhatHappens(): void {
  const tasks: number[] = [];
  Reflect.set(window, "notedTasks", tasks);
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) tasks.push(duration);
  }).observe({ entryTypes: ["longtask"] });
  const rows = ".hosts tbody tr[aria-rowindex], .host-tiles canvas";
  const look = () => {
    if (document.querySelector(rows) === null) return void requestAnimationFrame(look);
    requestAnimationFrame(() => Reflect.set(window, "usableAt", performance.now()));
  };
  look();
}

async function usableAfter(page: Page): Promise<number> {
  await page.waitForFunction(() => typeof Reflect.get(window, "usableAt") === "number");
  return page.evaluate(() => Reflect.get(window, "usableAt") as number);
}

/** It counts what comes over the network, as it was sent: compressed. */
function watchTraffic(devtools: CDPSession) {
  const traffic = { fileBytes: 0, stateBytes: 0, messages: 0 };
  devtools.on("Network.loadingFinished", ({ encodedDataLength }) => {
    traffic.fileBytes += encodedDataLength;
  });
  devtools.on("Network.webSocketFrameReceived", ({ response }) => {
    traffic.messages += 1;
    const isText = response.opcode === 1;
    traffic.stateBytes += isText ? response.payloadData.length : Math.floor((response.payloadData.length * 3) / 4);
  });
  return traffic;
}

async function metricsOf(devtools: CDPSession): Promise<Map<string, number>> {
  const { metrics } = await devtools.send("Performance.getMetrics");
  return new Map(metrics.map(({ name, value }) => [name, value]));
}

/** Two collections in a row leave nothing that only waited for the second one. */
async function heapMb(devtools: CDPSession): Promise<number> {
  await devtools.send("HeapProfiler.collectGarbage");
  await devtools.send("HeapProfiler.collectGarbage");
  const { usedSize } = await devtools.send("Runtime.getHeapUsage");
  return Math.round(usedSize / 100_000) / 10;
}

async function startProfile(devtools: CDPSession): Promise<void> {
  await devtools.send("Profiler.enable");
  await devtools.send("Profiler.setSamplingInterval", { interval: 500 });
  await devtools.send("Profiler.start");
}

async function writeProfile(devtools: CDPSession, path: string): Promise<void> {
  const { profile } = await devtools.send("Profiler.stop");
  writeFileSync(path, JSON.stringify(profile));
}
