/** Every broken build has to be caught: some of them in `npm test`, and all of them in `npm run proofs`. */

import { afterAll, expect, test } from "vitest";
import type { BrokenBuild } from "./broken-build.ts";
import { BrokenRuns } from "./broken-runs.ts";
import { planAgainst, regressionNamed } from "./prove.ts";

/** These builds run on what is known to catch them. */
export function describeCaught(builds: readonly BrokenBuild[], regressions: readonly string[]): void {
  const runs = new BrokenRuns();
  afterAll(() => runs.close());

  test.each(builds)("[$rule] a broken build is caught: $name", async (build) => {
    const { failure } = await runs.run(build.name, planAgainst(build));

    const hint = `find another seed for builds.ts: npm run sim -- --broken "${build.name}"`;
    expect(failure?.rule, hint).toBe(build.rule);
  });

  test.each(regressions)("what is kept in regressions/%s fails with its mistake", async (name) => {
    const { build, rule, plan } = regressionNamed(name);

    expect(build).not.toBeNull();
    expect((await runs.run(build ?? "", plan)).failure?.rule).toBe(rule);
  });
}
