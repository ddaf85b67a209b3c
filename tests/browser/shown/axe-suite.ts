/** Each scene is looked at by axe, which knows the rules of accessibility that a program can check, and walked through by the keyboard. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "../chromium.ts";
import { DemoFleet } from "./demo-fleet.ts";
import { unreached } from "./keyboard-walk.ts";
import { SCENES } from "./scenes.ts";
import { type Look, showScene } from "./show.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export function describeAccessible(looks: readonly Look[]): void {
  const demo = new DemoFleet({ hosts: 16, work: false });
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
    await demo.start();
  });

  afterAll(async () => {
    await browser.close();
    await demo.end();
  });

  const cases = looks.flatMap((look) => SCENES.map((scene) => ({ scene, look, ...look, name: scene.name })));

  test.each(cases)("nothing keeps anybody from using $name, $theme, $width pixels wide", async ({ scene, look }) => {
    const act = async (page: Page) => [...(await violations(page)), ...(await unreached(page))];

    expect(await showScene(browser, demo, { scene, look, act })).toEqual([]);
  });

  test("a label that is taken away is noticed", async () => {
    const [look] = looks;
    const scene = SCENES.find(({ name }) => name === "sign-in");
    if (look === undefined || scene === undefined) throw new Error("there is nothing to look at");
    const found = await showScene(browser, demo, {
      scene,
      look,
      act: async (page) => {
        await page.getByLabel("Password").evaluate((field) => {
          for (const name of ["id", "aria-label", "aria-labelledby", "placeholder"]) field.removeAttribute(name);
        });
        return await violations(page);
      },
    });

    expect(found.join("\n")).toMatch(/^label: /);
  });
}

/** It returns a line for each element that breaks a rule. What moves has come to rest before. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => null))));
  await page.evaluate(AXE);
  return await page.evaluate(async () => {
    const { run } = Reflect.get(window, "axe") as typeof axe;
    // A popover belongs to its button, and the found entries are moved through from the field above them.
    const options = { rules: { region: { enabled: false }, "scrollable-region-focusable": { enabled: false } } };
    const { violations } = await run(document, { ...options, resultTypes: ["violations"] });
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ html }) => `${id}: ${help}: ${html.slice(0, 200)}`),
    );
  });
}
