import type { Fleet, Metrics } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { hostRecord } from "./host-suite.ts";
import { selectChosenHosts, selectHiddenHosts } from "./shown-hosts.ts";

const CPU: Readonly<Record<string, number>> = { "web-1": 20, "web-2": 90, "db-1": 50 };
const hosts = new Map(Object.keys(CPU).map((id) => [id, hostRecord(id)]));
const metrics = new Map<string, Metrics>(
  Object.entries(CPU).map(([id, cpu]) => [id, { id, cpu, lastSeenAt: "2026-01-01T00:00:00.000Z" }]),
);
const FLEET: Fleet = {
  hosts,
  metrics,
  commands: new Map(),
  pipelines: new Map(),
  events: new Map(),
  opRules: new Map(),
  pipelineRules: new Map(),
  alertRules: new Map(),
  alerts: new Map(),
  silences: new Map(),
  groups: new Map(),
  scheduleRules: new Map(),
  schedules: new Map(),
  catalogueFiles: new Map(),
  backups: new Map(),
  sharedTags: new Map(),
  shares: new Map(),
};

/** A fleet in which it is a mistake to look at the metrics. */
const UNMEASURED: Fleet = {
  ...FLEET,
  get metrics(): Fleet["metrics"] {
    throw new Error("the metrics were read");
  },
};

test("a list that shows no measure by its filter or order reads none, so that no heartbeat computes it again", () => {
  expect(selectHiddenHosts(new Set(["db-1"]), "web")(UNMEASURED).map(({ id }) => id)).toEqual(["db-1"]);
});

test("chosen hosts that have left the fleet are neither shown nor hidden", () => {
  const ids = new Set(["gone", "web-2", "db-1"]);

  expect(selectChosenHosts(ids)(FLEET).map(({ id }) => id)).toEqual(["web-2", "db-1"]);
  expect(selectHiddenHosts(ids, "cpu:<60")(FLEET).map(({ id }) => id)).toEqual(["web-2"]);
});
