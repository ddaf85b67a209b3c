import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "../run.ts";
import { BUNDLES_VARIABLE, withBundles } from "./bundled-programs.ts";

let cache: string;
let bundles: Record<string, string>;

beforeAll(async () => {
  cache = mkdtempSync(join(tmpdir(), "neverstale-bundles-"));
  bundles = await withBundles(cache);
});

afterAll(() => rmSync(cache, { recursive: true }));

function run(args: readonly string[], env: Record<string, string> = bundles) {
  const cwd = join(ROOT, "apps/fleet/cli");
  const given = ["--conditions=source", ...args];
  return spawnSync(process.execPath, given, { cwd, env: { ...process.env, ...env }, encoding: "utf8" });
}

/** It prints from which file the code of the server comes, and its place in the sources. */
const WHERE = `import { runFleet } from "@neverstale/fleet-server";
const inSources = Error.prepareStackTrace;
const stackOf = async (prepare) => {
  Error.prepareStackTrace = prepare;
  return String((await runFleet({ trustedProxies: ["nonsense"] }).catch((error) => error)).stack);
};
const file = await stackOf((_, sites) => sites[0].getFileName());
console.log(JSON.stringify({ file, stack: await stackOf(inSources) }));`;

test("a process runs the bundle of a program, and its stacks name the lines of the sources", () => {
  const { stdout, stderr } = run(["--input-type=module", "-e", WHERE]);

  expect(stderr).toBe("");
  const { file, stack } = JSON.parse(stdout);
  expect(file).toContain(bundles[BUNDLES_VARIABLE]);
  expect(stack).toMatch(/at \S+ \(\S+apps[\\/]fleet[\\/]server[\\/]src[\\/]\S+\.ts:\d+:\d+\)/);
});

test("without the environment it runs the sources", () => {
  const nothing = { NODE_OPTIONS: "", [BUNDLES_VARIABLE]: "" };
  const plain = WHERE.replace("const inSources = Error.prepareStackTrace;", "const inSources = undefined;");

  const { file } = JSON.parse(run(["--input-type=module", "-e", plain], nothing).stdout);

  expect(file).toMatch(/\/apps\/fleet\/server\/src\/\S+\.ts$/);
});

test("the command line finds what lies beside its sources, and bundles of the same sources are made once", async () => {
  expect(run(["src/main.ts", "--version"]).stdout).toMatch(/^\d+\.\d+\.\d+/);
  const before = readdirSync(cache);

  expect(await withBundles(cache)).toEqual(bundles);
  expect(readdirSync(cache)).toEqual(before);
});
