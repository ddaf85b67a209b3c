/** The lines of the Dockerfile are run as a container engine runs them, in folders that stand for those of the image. */

import { spawn, spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { ended, removeWithProcesses } from "@neverstale/base/test-processes";
import { afterAll, expect, test } from "vitest";
import { freePort } from "../../packages/store-postgres/src/io/test-server-suite.ts";
import { ROOT } from "../../scripts/run.ts";
import { instructionsOf } from "./dockerfile-suite.ts";

const root = mkdtempSync(join(tmpdir(), "neverstale-image-"));
let server: ReturnType<typeof spawn> | null = null;
afterAll(async () => {
  await ended(server);
  await removeWithProcesses(root);
});

/** Folders of the image lie below `root`. */
function inRoot(text: string): string {
  return text.replaceAll(/(?<![\w.:/])\/(src|packed|app|data)\b/g, `${root}/$1`);
}

/** `.dockerignore` leaves these out: the first ones in each folder, and the others at the root. */
const IGNORED = /(^|\/)(node_modules|dist|[^/]*\.tsbuildinfo)$|^(\.git|\.cache|data|bench\/results)$/;

function copySources(to: string): void {
  cpSync(ROOT, to, { recursive: true, filter: (path) => !IGNORED.test(relative(ROOT, path)) });
}

test("the image is built by the lines of the Dockerfile, and its command serves as a user who is no root", async () => {
  const { all, last } = instructionsOf(readFileSync(join(ROOT, "deploy/container/Dockerfile"), "utf8"));
  const node = dirname(process.execPath);
  const path = `${node}:${process.env.PATH}`;
  const variables: Record<string, string> = {};
  let folder = root;
  for (const { name, words } of all) {
    if (name === "WORKDIR") {
      folder = inRoot(words);
      mkdirSync(folder, { recursive: true });
    }
    if (name === "COPY" && words === ". .") copySources(folder);
    if (name === "ENV") Object.assign(variables, Object.fromEntries([inRoot(words).split(/=(.*)/s, 2)]));
    if (name !== "RUN") continue;
    const line = inRoot(words).replace("-o node -g node ", "");
    const { status, stdout, stderr } = spawnSync("sh", ["-c", line], {
      cwd: folder,
      env: { ...process.env, PATH: path },
      encoding: "utf8",
    });
    expect({ line, status, said: status === 0 ? "" : `${stdout}${stderr}` }).toEqual({ line, status: 0, said: "" });
  }
  const [program = "", ...args] = JSON.parse(last("CMD") ?? "[]") as string[];
  const isRoot = process.getuid?.() === 0;
  const nobody = isRoot ? { uid: 65_534, gid: 65_534 } : {};
  if (isRoot) spawnSync("chown", ["65534:65534", join(root, "data")]);
  chmodSync(root, 0o755);
  const port = await freePort();
  const env = { PATH: path, HOME: root, ...variables, NEVERSTALE_PORT: String(port), NEVERSTALE_HOST: "127.0.0.1" };
  server = spawn(program, args, { cwd: join(root, "app"), env, ...nobody, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [server.stdout, server.stderr])
    stream?.on("data", (part) => {
      said += String(part);
    });

  await expect.poll(() => said, { timeout: 60_000 }).toMatch(/listening on http:.*\nsign in once, within 15 minutes: /);

  expect(existsSync(join(root, "app/node_modules/@neverstale/react"))).toBe(false);
  const page = await fetch(`http://127.0.0.1:${port}/`);
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("/assets/")]);
  const agent = await fetch(`http://127.0.0.1:${port}/agent/neverstale.tgz`);
  expect(agent.status).toBe(200);
  const [, , check = ""] = JSON.parse((last("HEALTHCHECK") ?? "").replace(/^(.* )?CMD /, "")) as string[];
  const healthy = (at: string) => spawnSync(process.execPath, ["-e", check.replace(":8080/", `:${at}/`)]).status;
  expect([healthy(String(port)), healthy(String(await freePort()))]).toEqual([0, 1]);
}, 900_000);
