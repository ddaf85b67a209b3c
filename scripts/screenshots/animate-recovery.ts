/** The animation shows what a page does when its server is killed in the middle of a run, and starts again. */

import gifenc from "gifenc";
import type { Browser, Page } from "playwright-core";
import { KeptWriter } from "../../tests/browser/across/kept-writer.ts";
import { Admin, Machine } from "../../tests/browser/api.ts";
import { CONTEXT } from "../../tests/browser/chromium.ts";
import { FleetProcess } from "../../tests/browser/fleet-process.ts";

const SIZE = { width: 960, height: 600 };
const FRAME_MS = 250;
const LINE_MS = 350;
const OPS = [{ name: "check-shards", title: "Check the shards", args: [] }];
const HOSTS: readonly (readonly [name: string, cpu: number, ram: number, disk: number])[] = [
  ["cache-1", 14, 71, 22],
  ["db-primary", 46, 84, 61],
  ["db-replica", 21, 80, 60],
  ["edge-oslo", 11, 36, 63],
  ["web-1", 62, 55, 38],
  ["web-2", 58, 52, 37],
];

/** It returns a GIF. The server and the page are the real ones, and the hosts are made up. */
export async function animateRecovery(browser: Browser): Promise<Uint8Array> {
  const fleet = new FleetProcess();
  await fleet.start();
  const admin = await Admin.signIn(fleet.address);
  const machines: Machine[] = [];
  for (const [name] of HOSTS) machines.push(await Machine.enroll(fleet.address, admin, name, "Debian 13", OPS));
  const context = await browser.newContext({ ...CONTEXT, viewport: SIZE });
  let writer: KeptWriter | undefined;
  let ticking: NodeJS.Timeout | undefined;
  try {
    const [name = "", value = ""] = admin.cookie.split("=");
    await context.addCookies([{ name, value, url: fleet.address }]);
    const worker = machines.at(-2);
    if (worker === undefined) throw new Error("there are no hosts");
    const id = await admin.dispatch("check-shards", [worker.hostId]);
    await worker.claim(id);
    ticking = setInterval(() => machines.forEach(tell), 1_000);
    writer = new KeptWriter(worker, id);
    writer.begin(LINE_MS, lineOf);
    const page = await context.newPage();
    await page.goto(`${fleet.address}/hosts?out=${id}&tab=${id}`);
    await page.locator(".output-text").getByText("shard 3 ").first().waitFor();
    const frames: Uint8Array[] = [];
    await film(page, frames, 10);
    await fleet.killHard();
    await film(page, frames, 16);
    const back = fleet.start();
    await film(page, frames, 8);
    await back;
    await film(page, frames, 22);
    return await encoded(page, frames);
  } finally {
    clearInterval(ticking);
    writer?.stop();
    await context.close();
    await fleet.remove();
  }
}

function tell(machine: Machine, index: number): void {
  const [, cpu = 0, ram = 0, disk = 0] = HOSTS[index] ?? [];
  const wave = Math.sin(Date.now() / 3_000 + index) * 8;
  const report = {
    type: "metrics",
    cpu: Math.round(cpu + wave),
    ram,
    disk,
    load1: cpu / 20,
    uptimeS: 864_000,
  } as const;
  machine.report(report).catch(() => undefined); // The server is away, and the next one says it anew.
}

function lineOf(line: number): string {
  return `\u001b[90m${String(line).padStart(2, "0")}\u001b[0m \u001b[32m  ok\u001b[0m checked shard ${line} of 64, ${line * 412} rows`;
}

async function film(page: Page, frames: Uint8Array[], count: number): Promise<void> {
  for (let frame = 0; frame < count; frame += 1) {
    const next = performance.now() + FRAME_MS;
    frames.push(await page.screenshot({ type: "png" }));
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
  }
}

/** Pixels that stay as they are are transparent, so that a frame costs what has moved. */
async function encoded(page: Page, frames: readonly Uint8Array[]): Promise<Uint8Array> {
  const { applyPalette, GIFEncoder, quantize } = gifenc;
  const gif = GIFEncoder();
  const { width, height } = SIZE;
  const reader = await page.context().newPage();
  const pixels: Uint8ClampedArray[] = [];
  for (const frame of frames) pixels.push(await pixelsOf(reader, frame));
  const samples = [0, 0.4, 0.9].map((at) => Buffer.from(pixels[Math.floor(at * pixels.length)] ?? []));
  const palette = quantize(Buffer.concat(samples), 255);
  const nothing = palette.length;
  let before: Uint8Array | null = null;
  for (const rgba of pixels) {
    const index = applyPalette(rgba, palette);
    const last = before;
    const moved = last === null ? index : index.map((colour, at) => (colour === last[at] ? nothing : colour));
    gif.writeFrame(moved, width, height, {
      palette: [...palette, [0, 0, 0]],
      delay: FRAME_MS,
      transparent: last !== null,
      transparentIndex: nothing,
      dispose: 1,
    });
    before = index;
  }
  gif.finish();
  return gif.bytes();
}

/** Chromium reads its own pictures. */
async function pixelsOf(page: Page, png: Uint8Array): Promise<Uint8ClampedArray> {
  const base64 = await page.evaluate(
    async (source) => {
      const bitmap = await createImageBitmap(await (await fetch(source)).blob());
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      const context = canvas.getContext("2d");
      if (context === null) throw new Error("there is no canvas");
      context.drawImage(bitmap, 0, 0);
      const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
      const parts: string[] = [];
      for (let at = 0; at < data.length; at += 8_192) parts.push(String.fromCharCode(...data.subarray(at, at + 8_192)));
      return btoa(parts.join(""));
    },
    `data:image/png;base64,${Buffer.from(png).toString("base64")}`,
  );
  return new Uint8ClampedArray(Buffer.from(base64, "base64"));
}
