/** `node --conditions=source scripts/screenshots.ts` takes the pictures of docs/screenshots, and an animation of a kill and recovery. */

import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "../tests/browser/chromium.ts";
import { DemoFleet } from "../tests/browser/shown/demo-fleet.ts";
import { SCENES, type Scene } from "../tests/browser/shown/scenes.ts";
import { type Look, showScene } from "../tests/browser/shown/show.ts";
import { ROOT } from "./run.ts";
import { animateRecovery } from "./screenshots/animate-recovery.ts";
import {
  ANIMATION,
  indexPage,
  LOOKS,
  missingPictures,
  pictureName,
  SCREENSHOTS,
  screenshotProblems,
} from "./screenshots/pictures.ts";

const HOSTS = 200;
/** So long the hosts report before the pictures, so that lines and lists have something to show. */
const SETTLE_MS = 40_000;
/** In percent: letters stay sharp, and a picture has some dozens of kilobytes. */
const QUALITY = 72;

const folder = join(ROOT, SCREENSHOTS);
/** With names as arguments only these scenes are taken anew: `scripts/screenshots.ts hosts overview`. */
const wanted = process.argv.slice(2);
const scenes = SCENES.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
mkdirSync(folder, { recursive: true });
const wantsAnimation = wanted.length === 0 || wanted.includes(ANIMATION);
if (wantsAnimation) writeFileSync(join(folder, ANIMATION), await withBrowser(animateRecovery));
await takePictures(scenes);
if (wanted.length === 0) removeStrangers();
writeFileSync(join(folder, "README.md"), indexPage(ROOT));
const problems = [...screenshotProblems(ROOT), ...missingPictures(ROOT).map((name) => `${name} is missing`)];
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

async function withBrowser<T>(act: (browser: Browser) => Promise<T>): Promise<T> {
  const browser = await launchChromium();
  try {
    return await act(browser);
  } finally {
    await browser.close();
  }
}

async function takePictures(scenes: readonly Scene[]): Promise<void> {
  if (scenes.length === 0) return;
  const demo = new DemoFleet({ hosts: HOSTS, work: true });
  try {
    await demo.start();
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    for (const scene of scenes)
      await withBrowser((browser) =>
        Promise.all(
          LOOKS.map((look) => showScene(browser, demo, { scene, look, act: (page) => take(page, scene, look) })),
        ),
      );
  } finally {
    await demo.end();
  }
}

async function take(page: Page, scene: Scene, look: Look): Promise<void> {
  await page.mouse.move(0, 0);
  await page.waitForTimeout(1_000); // Charts and lists that come later are there, too.
  const devtools = await page.context().newCDPSession(page);
  const { data } = await devtools.send("Page.captureScreenshot", { format: "webp", quality: QUALITY });
  const name = pictureName(scene, look);
  writeFileSync(join(folder, name), Buffer.from(data, "base64"));
  console.log(name);
}

/** A picture of a scene that is gone goes, too. */
function removeStrangers(): void {
  const known = new Set(SCENES.flatMap((scene) => LOOKS.map((look) => pictureName(scene, look))));
  for (const name of readdirSync(folder)) if (name.endsWith(".webp") && !known.has(name)) rmSync(join(folder, name));
}
