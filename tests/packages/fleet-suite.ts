/** The package `neverstale` is the whole fleet: server, page, agent and command line. */

import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { Admin } from "../browser/api.ts";
import { launchChromium } from "../browser/chromium.ts";
import { PASSWORD } from "../browser/fleet-process.ts";
import { Tab } from "../browser/tab.ts";
import type { PackedWorld } from "./world.ts";

export function describeFleet(world: () => PackedWorld): void {
  describe.each(["this Node", "the oldest Node"] as const)("npx neverstale serve, on %s", (node) => {
    test("it serves the page, and an agent for this machine, which carries out what is dispatched", async () => {
      const outside = await world().outside(node);
      outside.write("package.json", "{}");
      outside.write("password", PASSWORD);
      await outside.install("neverstale");

      const serve = ["neverstale", "serve", "--port", "0", "--admin-password-file", "password"];
      const [, address = ""] = await outside.start("npx", serve, /listening on (\S+)/);

      const admin = await vi.waitFor(() => Admin.signIn(address), { timeout: 240_000, interval: 1_000 });
      await expect.poll(async () => (await admin.hosts()).map(({ online }) => online)).toEqual([true]);
      const [host] = await admin.hosts();
      await admin.dispatch("uptime", [host?.id ?? ""]);
      await expect.poll(async () => JSON.stringify((await admin.state()).state.commands)).toContain('"succeeded"');
      const browser = await launchChromium();
      try {
        const tab = await Tab.open(browser, address, { cookie: admin.cookie });
        await tab.page.goto(address);
        await tab.row(host?.hostname ?? "").waitFor();
        await tab.isLive();
      } finally {
        await browser.close();
      }
      const backup = join(outside.folder, "backup.db");
      await outside.run("npx", ["neverstale", "backup", backup]);
    });
  });
}
