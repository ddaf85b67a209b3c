import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { launch } from "puppeteer-core";
import { describeAcross } from "./across-suite.ts";

/** It names the program, or says in words what to do: without a Firefox nothing is proven, and nothing passes for it. */
function findFirefox(): string {
  const named = process.env.NEVERSTALE_FIREFOX;
  const folders = [
    ...(process.env.PATH ?? "").split(delimiter),
    "/usr/bin",
    "/Applications/Firefox.app/Contents/MacOS",
  ];
  const candidates = folders.flatMap((folder) => ["firefox-esr", "firefox"].map((name) => join(folder, name)));
  const found = (named === undefined || named === "" ? candidates : [named]).find(isExecutable);
  if (found !== undefined) return found;
  throw new Error(
    "this proof needs a Firefox and found none. Install one (`sudo apt-get install firefox-esr`, or your system's way), or name " +
      "one: NEVERSTALE_FIREFOX=/path/to/firefox npm run proofs -- firefox",
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

describeAcross(async () => {
  const browser = await launch({ browser: "firefox", executablePath: findFirefox(), headless: true });
  return {
    newPage: async (address, cookie) => {
      const [name = "", value = ""] = cookie.split("=");
      await browser.setCookie({ name, value, domain: new URL(address).hostname });
      const page = await browser.newPage();
      await page.setViewport({ width: 1_360, height: 850 });
      return page;
    },
    close: () => browser.close(),
  };
});
