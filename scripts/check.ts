/** `npm run check` runs what a pull request needs, in under a minute. */

import { compileTypes, findUnused, lint } from "./check/check-tools.ts";
import { runScript } from "./run.ts";

type Check = () => Promise<boolean>;

const STEPS: Readonly<Record<string, Check>> = {
  types: async () => (await compileTypes()) === 0,
  lint: async () => (await lint()) === 0,
  architecture: async () => (await runScript("scripts/architecture.ts", [])) === 0,
  spec: async () => (await runScript("scripts/spec-check.ts", [])) === 0,
  bounds: async () => (await runScript("scripts/bounds-check.ts", [])) === 0,
  security: async () => (await runScript("scripts/security-check.ts", [])) === 0,
  api: async () => (await runScript("scripts/api-report.ts", [])) === 0,
  words: async () => (await runScript("scripts/glossary-check.ts", [])) === 0,
  unused: async () => (await findUnused()) === 0,
  unit: async () =>
    (await runScript("node_modules/vitest/vitest.mjs", [
      "run",
      "--reporter=minimal",
      "--project=quick",
      "--maxWorkers=2",
    ])) === 0,
};

/** `npm run check -- types lint` runs the named steps alone. */
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(STEPS, name));
if (unknown.length > 0)
  throw new Error(`no step named ${unknown.join(", ")}: there are ${Object.keys(STEPS).join(", ")}`);

const failed: string[] = [];
const chosen = Object.entries(STEPS).filter(([name]) => asked.length === 0 || asked.includes(name));
// The tests wait for timers and sockets much of the time, so the other steps run beside them.
await Promise.all([
  runSteps(chosen.filter(([name]) => name === "unit")),
  runSteps(chosen.filter(([name]) => name !== "unit")),
]);
console.log(failed.length === 0 ? "check passed" : `check failed: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;

async function runSteps(steps: readonly (readonly [string, Check])[]): Promise<void> {
  for (const [name, check] of steps) await runStep(name, check);
}

async function runStep(name: string, check: Check): Promise<void> {
  const startedAt = performance.now();
  const passed = await check();
  if (!passed) failed.push(name);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${passed ? "✓" : "×"} ${name} ${seconds} s`);
}
