import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Regression } from "../keep.ts";
import { describeCaught } from "./broken-suite.ts";
import { BROKEN_BUILDS } from "./builds.ts";
import { buildNamed } from "./hook.ts";
import { keepIn, regressionNames } from "./prove.ts";

/** For each rule the first build that breaks it runs here. `npm run proofs` runs all builds. */
const oneOfEachRule = BROKEN_BUILDS.filter(
  (build, index) => BROKEN_BUILDS.findIndex(({ rule }) => rule === build.rule) === index,
);

describeCaught(oneOfEachRule, regressionNames().slice(0, 1));

test("an error that nobody catches is shrunk and kept like any other failure", async () => {
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
});
