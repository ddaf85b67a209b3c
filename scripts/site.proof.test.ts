import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CONTEXT, launchChromium } from "../tests/browser/chromium.ts";
import { ROOT } from "./run.ts";

const SITE = join(ROOT, "docs/site");
const pages = globSync("**/*.md", { cwd: SITE });

let built: string;
beforeAll(async () => {
  built = mkdtempSync(join(tmpdir(), "neverstale-site-"));
  const vitepress = join(ROOT, "node_modules/vitepress/bin/vitepress.js");
  await promisify(execFile)(process.execPath, [vitepress, "build", SITE, "--outDir", built], { cwd: ROOT });
});
afterAll(() => rmSync(built, { recursive: true }));

const htmlOf = (address: string) => readFileSync(join(built, `${address}.html`), "utf8");

test("every page is built, and every link of it leads to a page and a heading that are there", () => {
  const addresses = globSync("**/*.html", { cwd: built }).map((path) => path.replace(/\.html$/, ""));
  const dead = addresses.flatMap((address) =>
    [...htmlOf(address).matchAll(/<a [^>]*href="(\/[^"]*|#[^"]+)"/g)]
      .map(([, href = ""]) => href.replaceAll("&amp;", "&"))
      .filter((href) => !leadsSomewhere(address, href))
      .map((href) => `${address}: ${href}`),
  );

  expect(addresses.length).toBe(pages.length + 1); // One is for addresses that lead nowhere.
  expect(dead).toEqual([]);
});

function leadsSomewhere(from: string, href: string): boolean {
  const [path = "", heading] = href.split("#");
  const to = path === "" ? from : path.endsWith("/") ? `${path}index` : path;
  if (existsSync(join(built, path)) && /\.\w+$/.test(path)) return true;
  if (!existsSync(join(built, `${to}.html`))) return false;
  return heading === undefined || htmlOf(to).includes(`id="${decodeURIComponent(heading)}"`);
}

test("pages and their search ask nobody but the server that they come from", async () => {
  const asked = new Set<string>();
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "", "http://site");
    const path = pathname.endsWith("/")
      ? `${pathname}index.html`
      : /\.\w+$/.test(pathname)
        ? pathname
        : `${pathname}.html`;
    const type = TYPES[path.slice(path.lastIndexOf("."))] ?? "application/octet-stream";
    response.writeHead(200, { "Content-Type": type }).end(await readFile(join(built, path)));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const browser = await launchChromium();
  const page = await browser.newPage(CONTEXT);
  page.on("request", (request) => asked.add(new URL(request.url()).host));

  for (const address of ["/", "/guides/rooms", "/reference/spec"])
    await page.goto(`http://127.0.0.1:${port}${address}`);
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByRole("searchbox").fill("untilTakenIn");
  await page.getByRole("option").first().waitFor();
  await browser.close();
  server.close();

  expect([...asked].filter((host) => host !== "")).toEqual([`127.0.0.1:${port}`]);
});

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};
