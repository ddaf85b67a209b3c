import { readFileSync } from "node:fs";
import { RECORD_EVICTED } from "@neverstale/protocol";
import { expect, test } from "vitest";
import { accountsModel } from "./accounts/accounts-space.ts";
import { agentModel } from "./agents/agent-space.ts";
import { outputModel } from "./commands/output-space.ts";
import { auditModel } from "./events/audit-space.ts";
import { DEFAULT_EVENT_LIMIT, fleet } from "./fleet.ts";

const spec = readFileSync(new URL("../../../../packages/protocol/SPEC.md", import.meta.url), "utf8");

/** The text of rule S7, up to its list of tests. */
const rule = /\*\*\[S7\]\*\*(.*?)\nTests:/s.exec(spec)?.[1]?.replaceAll(/\s+/g, " ") ?? "";

/** The words that S7 writes as change types, in its order. */
const types = [...(/The change types of the fleet are (.*?)\./.exec(rule)?.[1] ?? "").matchAll(/`(\w+)`/g)].map(
  ([, type]) => type,
);

test("[S7] the change types of the fleet are those that SPEC.md lists", () => {
  expect(types).toEqual([...Object.keys(fleet.changes), RECORD_EVICTED]);
});

test("[S7] the collections of the fleet are those that SPEC.md lists", () => {
  expect(rule).toContain(`\`{${Object.keys(fleet.collections).join(", ")}}\``);
  expect(rule).toContain(`\`events\` keeps the newest ${DEFAULT_EVENT_LIMIT} unless`);
});

test.each([
  ["agents", agentModel],
  ["outputs", outputModel],
  ["audit events", auditModel()],
  ["accounts", accountsModel],
])("[S7] the spaces of %s have no change type of the fleet's", (_, model) => {
  expect(Object.keys(model.changes).filter((type) => types.includes(type))).toEqual([]);
});
