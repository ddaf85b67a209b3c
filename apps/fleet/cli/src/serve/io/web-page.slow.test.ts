import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../../../../..", import.meta.url));

/** Each build is noted in a file, and dies at its end where that is asked for. */
const VITE_CONFIG = `
  import { appendFileSync } from "node:fs";
  export default {
    plugins: [{
      name: "noted",
      buildStart: () => appendFileSync(process.env.BUILDS_FILE, "build\\n"),
      writeBundle: () => { if (process.env.DIES === "yes") process.kill(process.pid, "SIGKILL"); },
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
afterEach(() => rmSync(workspace, { recursive: true }));

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

  const amid = await start({ DIES: "yes" });
  const next = await start();

  expect(amid).toEqual({ code: 0, output: expect.stringContaining("first page") });
  expect(next).toEqual({ code: 0, output: expect.stringContaining("second page") });
  expect(builds()).toBe(3);
});

/** The source is newer than any page that there is. */
function writeSource(name: string): void {
  const path = join(web, "src/main.ts");
  writeFileSync(path, `document.body.textContent = "${name} page";`);
  utimesSync(path, new Date(), new Date());
}

async function start(env: Readonly<Record<string, string>> = {}): Promise<{ code: number | null; output: string }> {
  const args = ["--conditions=source", "--input-type=module", "-e", START, workspace];
  const child = spawn(process.execPath, args, {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    env: { ...process.env, BUILDS_FILE: buildsFile, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (part: Buffer) => (output += part.toString()));
  const [code] = await once(child, "close");
  return { code, output };
}

function builds(): number {
  return readFileSync(buildsFile, "utf8").split("\n").length - 1;
}
