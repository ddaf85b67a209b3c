import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { removeWithProcesses } from "@neverstale/base/test-processes";
import { afterEach, beforeEach, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../../../../..", import.meta.url));

/** Each build is noted in a file. Where that is asked for, its source changes amid it, or it dies at its end, alone or with its server. */
const VITE_CONFIG = `
  import { appendFileSync, writeFileSync } from "node:fs";
  export default {
    plugins: [{
      name: "noted",
      buildStart: () => appendFileSync(process.env.BUILDS_FILE, "build\\n"),
      generateBundle: () => {
        if (process.env.CHANGES === "yes") writeFileSync("src/main.ts", 'document.body.textContent = "changed page";');
      },
      writeBundle: () => {
        if (process.env.DIES === "server") process.kill(process.ppid, "SIGKILL");
        if (process.env.DIES !== undefined) process.kill(process.pid, "SIGKILL");
      },
    }],
  };`;

/** It does what a server does at its start: the page is built, then read. */
const START = `
  import { readFileSync, readdirSync } from "node:fs";
  import { buildWebPage } from ${JSON.stringify(new URL("./web-page.ts", import.meta.url).href)};
  const workspace = process.argv[1];
  await buildWebPage(() => {}, workspace);
  const page = workspace + "/apps/fleet/web/dist";
  const html = readFileSync(page + "/index.html", "utf8");
  const script = /assets\\/[^"]+\\.js/.exec(html)[0];
  process.stdout.write(readFileSync(page + "/" + script, "utf8"));`;

/** It replaces a page by newer ones, each of which names its only asset in its index, until it is told to stop. */
const PUBLISH = `
  import { existsSync, mkdirSync, writeFileSync } from "node:fs";
  import { publishPage } from ${JSON.stringify(new URL("./web-page.ts", import.meta.url).href)};
  const workspace = process.argv[1];
  for (let n = 0; !existsSync(workspace + "/stop"); n += 1) {
    mkdirSync(workspace + "/whole/assets", { recursive: true });
    writeFileSync(workspace + "/whole/assets/" + n + ".js", "page " + n);
    writeFileSync(workspace + "/whole/index.html", "assets/" + n + ".js");
    publishPage(workspace + "/whole", workspace + "/page");
    if (n === 0) process.stdout.write("begun");
  }`;

/** It reads the page as a server does until it has seen many different ones, and fails when one is not whole. */
const READ = `
  import { writeFileSync } from "node:fs";
  import { staticRoutes } from ${JSON.stringify(new URL("../../../../server/src/http/io/static-files.ts", import.meta.url).href)};
  const workspace = process.argv[1];
  const seen = new Set();
  try {
    while (seen.size < 300) {
      const [index, other] = staticRoutes(workspace + "/page", "");
      const ask = (path) => ({ params: { "*": path }, headers: {} });
      const named = String(index.handle(ask("")).body);
      if (!/^assets\\/\\d+\\.js$/.test(named)) throw new Error("no page: " + named);
      const asset = String(other.handle(ask(named)).body);
      if (!named.endsWith("/" + asset.slice(5) + ".js")) throw new Error(named + " is: " + asset);
      seen.add(named);
    }
  } finally {
    writeFileSync(workspace + "/stop", "");
  }`;

let workspace: string;
let web: string;
let buildsFile: string;
beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), "neverstale-page-"));
  web = join(workspace, "apps/fleet/web");
  buildsFile = join(workspace, "builds");
  mkdirSync(join(web, "src"), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(workspace, "node_modules"));
  cpSync(join(ROOT, "apps/fleet/web/package.json"), join(web, "package.json"));
  writeFileSync(join(web, "vite.config.ts"), VITE_CONFIG);
  writeFileSync(join(web, "index.html"), '<!doctype html><script type="module" src="/src/main.ts"></script>');
  writeSource("first");
});
afterEach(() => removeWithProcesses(workspace));

test("of servers that start at once one builds the page, and each finds it whole", async () => {
  const first = await Promise.all([start(), start(), start(), start()]);
  writeSource("second");
  const second = await Promise.all([start(), start(), start(), start()]);

  expect(first).toEqual(Array.from({ length: 4 }, () => ({ code: 0, output: expect.stringContaining("first page") })));
  expect(second).toEqual(
    Array.from({ length: 4 }, () => ({ code: 0, output: expect.stringContaining("second page") })),
  );
  expect(builds()).toBe(2);
});

test("a build that is killed leaves the older page as it was, and the next start builds anew", async () => {
  await start();
  writeSource("second");

  const amid = await start({ DIES: "build" });
  const next = await start();

  expect(amid).toEqual({ code: 0, output: expect.stringContaining("first page") });
  expect(next).toEqual({ code: 0, output: expect.stringContaining("second page") });
  expect(builds()).toBe(3);
});

test("what a killed server leaves of its build goes with the next one", async () => {
  const killed = await start({ DIES: "server" });
  const left = readdirSync(join(workspace, ".cache/web-page"));

  const next = await start();

  expect(killed).toEqual({ code: null, output: "" });
  expect(left).toContainEqual(expect.stringMatching(/^new/));
  expect(next).toEqual({ code: 0, output: expect.stringContaining("first page") });
  expect(readdirSync(join(workspace, ".cache/web-page"))).toEqual(["lock"]);
});

test("a source that is changed during a build is in the page of the next start", async () => {
  await start({ CHANGES: "yes" });

  const next = await start();

  expect(next).toEqual({ code: 0, output: expect.stringContaining("changed page") });
});

test("a server that reads the page while others replace it finds a whole one", async () => {
  const publisher = run(PUBLISH, {});
  await once(publisher.child.stdout, "data");

  const reader = run(READ, {});

  expect(await reader.ended).toEqual({ code: 0, output: "" });
  expect(await publisher.ended).toEqual({ code: 0, output: "begun" });
});

/** The source is newer than any page that there is. */
function writeSource(name: string): void {
  const path = join(web, "src/main.ts");
  writeFileSync(path, `document.body.textContent = "${name} page";`);
  utimesSync(path, new Date(), new Date());
}

function start(env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return run(START, env).ended;
}

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

function run(script: string, env: Readonly<Record<string, string>>): { child: Script; ended: Promise<Ended> } {
  const args = ["--conditions=source", "--input-type=module", "-e", script, workspace];
  const child = spawn(process.execPath, args, {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    env: { ...process.env, BUILDS_FILE: buildsFile, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (part: Buffer) => (output += part.toString()));
  return { child, ended: once(child, "close").then(([code]) => ({ code, output })) };
}

type Script = ChildProcessByStdio<null, Readable, null>;

function builds(): number {
  return readFileSync(buildsFile, "utf8").split("\n").length - 1;
}
