/** A scene is shown in a tab of its own, in one theme and at one width. */

import type { Browser, Page } from "playwright-core";
import { CONTEXT } from "../chromium.ts";
import type { DemoFleet } from "./demo-fleet.ts";
import type { Scene } from "./scenes.ts";

export interface Look {
  readonly theme: "light" | "dark";
  readonly width: number;
  readonly height: number;
}

export async function showScene<T>(
  browser: Browser,
  demo: DemoFleet,
  { scene, look, act }: { scene: Scene; look: Look; act: (page: Page) => Promise<T> },
): Promise<T> {
  const { theme, width, height } = look;
  const context = await browser.newContext({ ...CONTEXT, colorScheme: theme, viewport: { width, height } });
  try {
    const [name = "", value = ""] = demo.admin.cookie.split("=");
    if (scene.signedOut !== true) await context.addCookies([{ name, value, url: demo.address }]);
    context.setDefaultTimeout(240_000); // A slow machine fails nothing; what hangs is ended by it.
    const page = await context.newPage();
    await page.goto(demo.address + scene.path(demo));
    await scene.open(page, demo);
    await page.evaluate(() => document.fonts.ready.then(() => undefined));
    return await act(page);
  } catch (error) {
    throw new Error(`the scene ${scene.name} could not be shown, ${theme}, ${width} pixels wide`, { cause: error });
  } finally {
    await context.close();
  }
}
