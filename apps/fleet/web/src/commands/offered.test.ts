import type { OpRule, PipelineRule } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { selectKeptOps, selectOfferedPipelines } from "./offered.ts";

const ops: OpRule[] = [
  { id: "reboot", roles: ["admin"], deliverWithinMs: 1 },
  { id: "restart", roles: ["operator"], deliverWithinMs: 1 },
  { id: "uptime", deliverWithinMs: 1 },
];
const pipelines: PipelineRule[] = [
  { id: "health", stages: ["uptime", "disk"] },
  { id: "own", stages: ["uptime"], roles: ["admin"] },
  { id: "through-an-op", stages: ["uptime", "reboot"] },
];
const state = {
  opRules: new Map(ops.map((rule) => [rule.id, rule])),
  pipelineRules: new Map(pipelines.map((rule) => [rule.id, rule])),
};

test("a user is offered what the own role may run, and an admin all of it", () => {
  const offered = (role: "viewer" | "operator" | "admin") => selectOfferedPipelines(role)(state).map(({ id }) => id);

  expect(selectKeptOps("operator")(state)).toEqual(["reboot"]);
  expect(selectKeptOps("viewer")(state)).toEqual(["reboot", "restart", "uptime"]);
  expect(selectKeptOps("admin")(state)).toEqual([]);
  expect([offered("viewer"), offered("operator")]).toEqual([[], ["health"]]);
  expect(offered("admin")).toEqual(["health", "own", "through-an-op"]);
});
