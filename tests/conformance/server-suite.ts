/** Our own server is played with all scenarios for servers. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkServer, readScenarios } from "@neverstale/conformance";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Supervised } from "./supervised.ts";

const BEACON_MS = 1_000;
const scenarios = readScenarios("server");

/** The store in memory has nothing left after a restart. */
export function describeServer(store: "sqlite" | "memory"): void {
  describe(`our server on ${store}`, () => {
    let folder: string;
    let server: Supervised;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "neverstale-conformance-"));
      const database = store === "memory" ? "memory" : join(folder, "data", "test.db");
      server = await Supervised.start("engine-server.ts", database, BEACON_MS);
    });

    afterAll(async () => {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    });

    const needsRestart = (scenario: (typeof scenarios)[number]) => scenario.steps.some((step) => step.do === "restart");
    const playable = scenarios.filter((scenario) => store === "sqlite" || !needsRestart(scenario));
    const runs = playable.flatMap((scenario) => scenario.profiles.map((profile) => ({ scenario, profile })));

    test.each(runs)("[$scenario.rule] $profile: $scenario.name", async ({ scenario, profile }) => {
      const options = { url: server.url, control: server.controlUrl, headers: {}, beaconMs: BEACON_MS };
      const [outcome] = await checkServer([scenario], [profile], options);

      expect(outcome).toMatchObject({ result: "ok", detail: "" });
      expect(server.deaths).toBe(0);
    });
  });
}
