import { readFileSync } from "node:fs";
import { parseFleetFile } from "@neverstale/fleet-domain/fleet-file";
import { expect, test } from "vitest";
import { parseAgentFile } from "../../apps/fleet/agent/src/policy/agent-file.ts";

const read = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");

test("the two files are right, and speak of the same ops and checks", () => {
  const { opRules, pipelineRules, scheduleRules } = parseFleetFile(read("fleet.yaml"));
  const { ops, checks } = parseAgentFile(read("agent.yaml"));

  const asked = opRules.flatMap(({ preChecks = [], postChecks = [] }) => [...preChecks, ...postChecks]);
  expect(asked.filter((name) => !(name in checks))).toEqual([]);
  const run = [...opRules.map(({ id }) => id), ...pipelineRules.flatMap(({ stages }) => stages)];
  expect([...run, ...scheduleRules.flatMap(({ op = [] }) => op)].filter((name) => !(name in ops))).toEqual([]);
  expect(scheduleRules.map(({ id }) => id)).toEqual(["nightly", "look-at-updates"]);
});
