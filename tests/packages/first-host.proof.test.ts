/** An empty machine gets to its first op by the README's text alone, and the seconds are told. */

import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ROOT } from "../../scripts/run.ts";
import { atLeisure } from "../leisure.ts";
import { openWorld, type PackedWorld } from "./world.ts";

let world: PackedWorld;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world?.close());

/** Returns the lines of the first block of commands below a heading. */
function commandsOf(heading: string): string[] {
  const section = readFileSync(join(ROOT, "README.md"), "utf8").split(`\n## ${heading}\n`)[1] ?? "";
  const [, block = ""] = /\n```sh\n([\s\S]*?)\n```/.exec(section) ?? [];
  return block.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

test("from an empty machine to the first op by the README's text it takes two minutes at most", async () => {
  const [install = "", password = "", serve = "", token = "", add = "", hosts = "", dispatch = ""] =
    commandsOf("The first host");
  const outside = await world.outside();
  outside.write("package.json", "{}");
  const port = await freePort();
  const settings = `export NEVERSTALE_PORT=${port} NEVERSTALE_URL=http://127.0.0.1:${port}`;
  const shell = (line: string) => ["-c", `${settings}\n${password}\n${line}`];
  const inFront = (line: string) => shell(line.replace(/ *&( *#.*)?$/, ""));
  const steps: [string, number][] = [];
  const startedMs = performance.now();
  const note = (step: string) => steps.push([step, Math.round((performance.now() - startedMs) / 100) / 10]);

  await outside.run("sh", shell(install));
  note("installed");
  await outside.start("sh", inFront(serve), /listening on/);
  note("server up");
  await outside.run("sh", shell(token));
  note("token made");
  // A machine with systemd is to keep its services as they are.
  const safely = ` --no-service --root ${join(outside.folder, "host")}`;
  await outside.run("sh", ["-c", `sed -i.before 's#)$#${safely})#' add-host.sh`]);
  await outside.start("sh", inFront(add), /host's page is/);
  note("enrolled");
  await vi.waitFor(async () => expect(await outside.run("sh", shell(hosts))).toMatch(/ online /), {
    timeout: 120_000,
    interval: 200,
  });
  note("online");
  const output = await outside.run("sh", shell(dispatch));
  note("first op ended");

  console.log(steps.map(([step, seconds]) => `${step} after ${seconds} s`).join(", "));
  expect(output).not.toBe("");
  expect(performance.now() - startedMs).toBeLessThan(atLeisure(120_000));
});
