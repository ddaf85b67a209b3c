import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CONTEXT, launchChromium } from "../tests/browser/chromium.ts";
import { ROOT } from "./run.ts";

const SITE = join(ROOT, "docs/site");
const pages = globSync("**/*.md", { cwd: SITE }).sort();
const textOf = (page: string) => readFileSync(join(SITE, page), "utf8");

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

test("every block of code is part of a file, or a command for a terminal", () => {
  const own = pages.flatMap((page) =>
    [...textOf(page).matchAll(/^```(\S*)$/gm)]
      .filter((_, index) => index % 2 === 0)
      .filter(([, language]) => language !== "sh")
      .map(([fence]) => `${page}: ${fence}`),
  );

  expect(own).toEqual([]);
});

const blocks = pages.flatMap((page) =>
  [...textOf(page).matchAll(/^<<< @(\S+?)(?:#(\w+))?(?:\{\w+\})?$/gm)].map(([, path = "", region]) => ({
    page,
    file: join(SITE, path),
    region,
  })),
);

test("a block that is part of a file finds the file and the region", () => {
  const missing = blocks.filter(({ file, region }) => {
    if (!existsSync(file)) return true;
    return region !== undefined && !readFileSync(file, "utf8").includes(`// #region ${region}\n`);
  });

  expect(blocks.length).toBeGreaterThan(20);
  expect(missing).toEqual([]);
});

test("each of these files is run by a test", () => {
  const tests = globSync(["{examples,tests}/**/*.test.{ts,tsx}"], { cwd: ROOT }).map((path) => join(ROOT, path));
  const files = [...new Set(blocks.map(({ file }) => file))];
  const isRun = (file: string) =>
    tests.includes(file) ||
    tests.some((path) => readFileSync(path, "utf8").includes(basename(file))) ||
    isImported(file);
  const isImported = (file: string) =>
    files.some(
      (other) => dirname(other) === dirname(file) && readFileSync(other, "utf8").includes(`./${basename(file)}`),
    );

  expect(files.filter((file) => !isRun(file))).toEqual([]);
});

test.each([
  "What does `authorize` get",
  "What is `info.csrf`",
  "What is `bodyHash` for",
  "What does `ephemeral` mean",
  "Should each room be a space",
  "Who removes a space",
  "What do 10,000 spaces cost",
  "Does `migrate` run at each start",
  "What must my endpoint answer for `reached`",
])("the questions that users ask have an answer: %s", (question) => {
  const answers = textOf("faq.md").split(/^## /m);

  expect(answers.find((answer) => answer.startsWith(question))?.split("\n\n").length).toBeGreaterThan(1);
});
