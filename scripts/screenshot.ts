/** The README's picture is made by `node --conditions=source scripts/screenshot.ts`. */

import { mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { Admin, Machine } from "../tests/browser/api.ts";
import { CONTEXT, launchChromium } from "../tests/browser/chromium.ts";
import { FleetProcess } from "../tests/browser/fleet-process.ts";
import { ROOT } from "./run.ts";

const PICTURE = join(ROOT, "docs/images/dashboard.png");
const MAX_BYTES = 200_000;
/** The hosts report so often before the picture is taken, so that the lines have something to show. */
const HEARTBEATS = 50;

interface Sketch {
  readonly hostname: string;
  readonly os: string;
  readonly tags: readonly string[];
  readonly cpu: number;
  readonly ram: number;
  readonly disk: number;
  readonly load: number;
}

/** The server and the page are the real ones. The hosts are made up, and say what a small fleet would say. */
const SKETCHES: readonly Sketch[] = [
  { hostname: "cache-1", os: "Debian 12", tags: ["prod"], cpu: 14, ram: 71, disk: 22, load: 0.4 },
  { hostname: "db-primary", os: "Debian 12", tags: ["prod", "db"], cpu: 46, ram: 84, disk: 61, load: 2.1 },
  { hostname: "db-replica", os: "Debian 12", tags: ["prod", "db"], cpu: 21, ram: 80, disk: 60, load: 0.9 },
  { hostname: "edge-berlin", os: "Ubuntu 24.04", tags: ["edge"], cpu: 8, ram: 33, disk: 41, load: 0.2 },
  { hostname: "edge-oslo", os: "Ubuntu 24.04", tags: ["edge"], cpu: 11, ram: 36, disk: 93, load: 0.3 },
  { hostname: "web-1", os: "Debian 12", tags: ["prod", "web"], cpu: 62, ram: 55, disk: 38, load: 3.2 },
  { hostname: "web-2", os: "Debian 12", tags: ["prod", "web"], cpu: 58, ram: 52, disk: 37, load: 2.9 },
];

const fleet = new FleetProcess();
try {
  await fleet.start();
  const admin = await Admin.signIn(fleet.address);
  const machines = await Promise.all(SKETCHES.map((sketch) => settle(sketch, admin)));
  const browser = await launchChromium();
  try {
    const context = await browser.newContext({
      ...CONTEXT,
      viewport: { width: 1100, height: 790 },
      deviceScaleFactor: 1.2,
    });
    await takePicture(await openPage(context, admin), admin, machines);
  } finally {
    await browser.close();
  }
} finally {
  await fleet.remove();
}
const bytes = statSync(PICTURE).size;
if (bytes > MAX_BYTES) throw new Error(`the picture has ${bytes} bytes, more than ${MAX_BYTES}`);
console.log(`${PICTURE}: ${Math.round(bytes / 1_000)} kB`);

async function settle({ hostname, os, tags }: Sketch, admin: Admin): Promise<Machine> {
  const ops = [{ name: "check-shards", title: "Check the shards", args: [] }];
  const machine = await Machine.enroll(fleet.address, admin, hostname, os, ops);
  await admin.patchHost(machine.hostId, { tags: [...tags] });
  return machine;
}

async function openPage(context: BrowserContext, { cookie }: Admin): Promise<Page> {
  const [name = "", value = ""] = cookie.split("=");
  await context.addCookies([{ name, value, url: fleet.address }]);
  return context.newPage();
}

async function takePicture(page: Page, admin: Admin, machines: readonly Machine[]): Promise<void> {
  await page.goto(`${fleet.address}/hosts`);
  const worker = machines.at(-2);
  if (worker === undefined) throw new Error("there are no hosts");
  let commandId = "";
  let offset = 0;
  for (let beat = 0; beat < HEARTBEATS; beat += 1) {
    await Promise.all(machines.map((machine, index) => heartbeat(machine, SKETCHES[index], beat)));
    if (beat === 30) commandId = await startWork(page, admin, worker);
    if (beat > 30) offset = await worker.write(commandId, offset, workLines(beat));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  mkdirSync(dirname(PICTURE), { recursive: true });
  await page.mouse.move(0, 0);
  await page.screenshot({ path: PICTURE });
}

async function heartbeat(machine: Machine, sketch: Sketch | undefined, beat: number): Promise<void> {
  if (sketch === undefined) return;
  const wave = Math.sin(beat / 4 + sketch.ram) + Math.sin(beat / 1.7 + sketch.disk) / 2;
  const cpu = Math.max(1, Math.min(99, sketch.cpu * (1 + wave / 4)));
  await machine.report({
    type: "metrics",
    cpu: Math.round(cpu * 10) / 10,
    ram: sketch.ram,
    disk: sketch.disk,
    load1: Math.round(sketch.load * (1 + wave / 9) * 100) / 100,
    uptimeS: 864_000 + beat,
  });
}

/** It goes through the page, like a person. */
async function startWork(page: Page, admin: Admin, worker: Machine): Promise<string> {
  await page.getByLabel("Select web-1").check();
  await page.getByRole("button", { name: /What to run/ }).click();
  await page.getByRole("option", { name: "Check the shards" }).click();
  await page.getByRole("button", { name: "Run Check the shards on 1 host" }).click();
  await page.locator(".output").waitFor();
  await page.getByRole("button", { name: "Clear the selection" }).click();
  const commands = (await admin.state()).state.commands ?? [];
  const commandId = commands[0]?.id;
  if (commandId === undefined) throw new Error("nothing was started");
  await worker.claim(commandId);
  return commandId;
}

function workLines(beat: number): string {
  const step = beat - 30;
  const colour = step % 5 === 4 ? "\x1b[33mwarn\x1b[0m" : "\x1b[32m  ok\x1b[0m";
  return `\x1b[90m${String(step).padStart(2, "0")}/20\x1b[0m ${colour} checked shard ${step} of 20, ${step * 412} rows\n`;
}
