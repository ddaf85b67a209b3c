import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Regression } from "../keep.ts";
import { BrokenRuns } from "./broken-runs.ts";
import { BROKEN_BUILDS } from "./builds.ts";
import { buildNamed } from "./hook.ts";
import { keepIn, planAgainst, regressionNamed, regressionNames } from "./prove.ts";

const RUN_MS = 60_000;

const runs = new BrokenRuns();
afterAll(() => runs.close());

test.each(BROKEN_BUILDS)(
  "[$rule] a broken build is caught: $name",
  async (build) => {
    const { failure } = await runs.run(build.name, planAgainst(build));

    const hint = `find another seed for builds.ts: npm run sim -- --broken "${build.name}"`;
    expect(failure?.rule, hint).toBe(build.rule);
  },
  RUN_MS,
);

test.each(regressionNames())(
  "what is kept in regressions/%s fails with its mistake",
  async (name) => {
    const { build, rule, plan } = regressionNamed(name);

    expect(build).not.toBeNull();
    expect((await runs.run(build ?? "", plan)).failure?.rule).toBe(rule);
  },
  RUN_MS,
);

test(
  "an error that nobody catches is shrunk and kept like any other failure",
  async () => {
    const build = buildNamed("a fold that fails is an error that nobody catches");
    const folder = mkdtempSync(join(tmpdir(), "sim-kept-"));

    await keepIn({
      ...("seed" in build.by ? { seed: String(build.by.seed) } : { seed: "1" }),
      name: "it",
      build: build.name,
      folder: `${folder}/`,
    });
    const kept = JSON.parse(readFileSync(join(folder, "it.json"), "utf8")) as Regression;
    rmSync(folder, { recursive: true });

    expect(kept).toMatchObject({ rule: "crash", build: build.name });
    expect(kept.plan.actions.length).toBeLessThan(4);
  },
  RUN_MS,
);
