/** `npm create neverstale` in an empty folder: two browsers write and see each other, while somebody edits the app, and once it is built. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "@neverstale/store-postgres/test-server";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { CONTEXT, launchChromium } from "../browser/chromium.ts";
import type { Outside } from "./outside.ts";
import type { PackedWorld } from "./world.ts";

export function describeCreate(world: () => PackedWorld): void {
  describeApp(world, { named: "npm create neverstale", options: [], title: "src/page/app.tsx" });
  const vue = { options: ["--", "--template", "vue"], title: "src/page/TaskList.vue" };
  describeApp(world, { named: "npm create neverstale, with Vue", ...vue });
}

interface NewApp {
  readonly named: string;
  readonly options: readonly string[];
  /** This file holds the heading. */
  readonly title: string;
}

function describeApp(world: () => PackedWorld, { named, options, title }: NewApp): void {
  describe(named, () => {
    let outside: Outside;
    let browser: Browser;

    let startedMs: number;
    /** It stays the same when the server is started again. */
    let port: string;

    // The folder is empty, and becomes the app.
    beforeAll(async () => {
      browser = await launchChromium();
      outside = await world().outside();
      port = String(await freePort());
      startedMs = performance.now();
      await outside.run("npm", ["create", "--yes", "neverstale", ...options]);
    });

    afterEach(() => outside.stop());
    afterAll(() => browser.close());

    test("two browsers write and see each other, and what is refused is taken back", async () => {
      const madeMs = performance.now();
      const [, address = ""] = await outside.start("npm", ["run", "dev"], RUNS, { PORT: port });
      const [ann, ben] = [await openedPage(browser, address), await openedPage(browser, address)];

      await ann.add("Buy milk");
      await ben.shows("Buy milk");
      await ben.page.getByLabel("Buy milk", { exact: true }).check();
      await expect.poll(() => ann.page.getByLabel("Buy milk", { exact: true }).isChecked()).toBe(true);
      console.log(
        `the app was made in ${seconds(startedMs, madeMs)}, and two pages saw each other after ${seconds(startedMs)}`,
      );

      await ben.page.getByRole("button", { name: "Remove Buy milk" }).click();
      await ben.page.getByText("Only who has added a task may remove it.").waitFor();
      await ben.shows("Buy milk");
      await ann.page.getByRole("button", { name: "Remove Buy milk" }).click();
      await ben.page.getByText("Buy milk", { exact: true }).waitFor({ state: "detached" });

      expect([...ann.wrong, ...ben.wrong]).toEqual([]);
    });

    test("strict TypeScript compiles it", async () => {
      await outside.run("npm", ["run", "check"]);
    });

    test("what is edited of the page is in the browser at once, and what is edited of the server runs", async () => {
      const [, address = ""] = await outside.start("npm", ["run", "dev"], RUNS, { PORT: port });
      const { page, add } = await openedPage(browser, address);

      edit(outside, title, "Tasks <small", "Our tasks <small");
      await page.getByRole("heading", { name: "Our tasks" }).waitFor();
      edit(outside, "src/shared/tasks.ts", "tasks.size >= 1_000", 'title === "nothing"');

      // The server is started again at some moment, and the page comes back by itself.
      const refused = async () => {
        await add("nothing");
        return page.getByText("The list holds 1,000 tasks.").isVisible();
      };
      await expect.poll(refused, { interval: 1_000 }).toBe(true);
    });

    test("it is built by `vite build`, and the first paint comes from the server", async () => {
      await outside.run("npx", ["vite", "build"]);
      const [, address = ""] = await outside.start("npm", ["start"], RUNS, { PORT: port });
      const ann = await openedPage(browser, address);
      const ben = await openedPage(browser, address);

      await ann.add("Bake bread");
      await ben.shows("Bake bread");
      const document = await (await fetch(address)).text();

      expect(document).toMatch(/<label><input type="checkbox"\/?>\s*Bake bread\s*<\/label>/);
      expect([...ann.wrong, ...ben.wrong]).toEqual([]);
    });
  });
}

const RUNS = /The page is at (http:\S+)/;

async function openedPage(browser: Browser, address: string) {
  const context = await browser.newContext(CONTEXT);
  context.setDefaultTimeout(240_000); // A slow machine fails no test; what hangs is ended by it.
  const page = await context.newPage();
  const wrong: string[] = [];
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
  await page.goto(address);
  await page.locator("[data-freshness=live]").waitFor();
  const add = async (title: string) => {
    await page.getByLabel("New task").fill(title);
    await page.getByRole("button", { name: "Add", exact: true }).click();
  };
  return { page, wrong, add, shows: (title: string) => page.getByText(title, { exact: true }).waitFor() };
}

function edit(outside: Outside, path: string, from: string, to: string): void {
  const text = readFileSync(join(outside.folder, path), "utf8");
  if (!text.includes(from)) throw new Error(`${path} does not say "${from}"`);
  outside.write(path, text.replace(from, to));
}

function seconds(fromMs: number, toMs = performance.now()): string {
  return `${((toMs - fromMs) / 1000).toFixed(1)} s`;
}
