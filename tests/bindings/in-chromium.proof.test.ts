import type { ServerResponse } from "node:http";
import { join } from "node:path";
import type { Browser, BrowserContext } from "playwright-core";
import { rolldown } from "rolldown";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { compileSvelte } from "../../scripts/test/bindings-project.ts";
import { CONTEXT, launchChromium } from "../browser/chromium.ts";
import { BEHAVIOURS } from "./behaviours.ts";
import type { CallStage } from "./page-stage.ts";
import { openStage, type RealStage } from "./real-stage.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

describe.each(["react", "vue", "svelte", "solid"])("%s in Chromium", (framework) => {
  let context: BrowserContext;
  let script: string;
  let stage: RealStage;

  beforeAll(async () => {
    script = await bundle(join(import.meta.dirname, framework, "page.ts"));
    context = await browser.newContext(CONTEXT);
    const call: CallStage = (name, ...given) => Reflect.apply(stage[name], stage, given);
    await context.exposeFunction("callStage", call);
  });
  afterAll(() => context.close());

  beforeEach(async () => {
    stage = await openStage(framework, serve);
  });
  afterEach(() => stage.end());

  test.each(Object.keys(BEHAVIOURS))("%s", async (title) => {
    const page = await context.newPage();
    const errors: unknown[] = [];
    page.on("pageerror", (error) => errors.push(error));
    await page.goto(stage.origin);
    await page.waitForFunction(() => "play" in window);

    await page.evaluate((title) => window.play(title), title);

    expect(errors).toEqual([]);
    await page.close();
  });

  function serve(path: string, response: ServerResponse): void {
    const [type, text] = path === "/page.js" ? ["text/javascript", script] : ["text/html", PAGE];
    response.setHeader("content-type", `${type}; charset=utf-8`).end(text);
  }
});

const PAGE = '<!doctype html><body><script src="/page.js"></script></body>';

async function bundle(input: string): Promise<string> {
  const made = await rolldown({
    input,
    platform: "browser",
    plugins: [compileSvelte()],
    resolve: { conditionNames: ["source", "browser", "import", "default"] },
    transform: { define: DEFINED },
  });
  const { output } = await made.generate({ format: "iife", minify: true });
  await made.close();
  return output[0].code;
}

/** The last three are what Vue wants to know of a page. */
const DEFINED = {
  "process.env.NODE_ENV": '"production"',
  __VUE_OPTIONS_API__: "true",
  __VUE_PROD_DEVTOOLS__: "false",
  __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
};
