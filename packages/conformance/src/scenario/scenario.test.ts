import type { JsonValue } from "@neverstale/protocol";
import { describe, expect, test } from "vitest";
import { readScenarios } from "../io/read-scenarios.ts";
import { needsOf, readScenario } from "./scenario.ts";

const scenario = (others: Record<string, JsonValue>): JsonValue => ({
  rule: "A7",
  name: "a beacon comes",
  profiles: ["v1"],
  steps: [{ do: "connect", as: "a" }],
  ...others,
});

describe("a scenario that is wrong is refused with what is wrong", () => {
  const cases: [Record<string, JsonValue>, string][] = [
    [{ rule: "7A" }, "`rule` is no rule's number"],
    [{ name: "" }, "`name` is missing"],
    [{ profiles: ["v2"] }, "`profiles` is a list of v1 and plain"],
    [{ stpes: [] }, "a scenario has no `stpes`"],
    [{ steps: [] }, "`steps` is a list"],
    [{ steps: [{ do: "conect", as: "a" }] }, "step 1: there is no step `conect`"],
    [{ steps: [{ do: "toString" }] }, "step 1: there is no step `toString`"],
    [{ steps: [{ do: "connect" }] }, "step 1: `connect` needs `as`"],
    [{ steps: [{ do: "connect", as: "a", resmue: {} }] }, "step 1: `connect` has no `resmue`"],
    [{ steps: [{ do: "ack", on: "a", more: "1" }] }, "step 1: `more` is not as it should be"],
    [{ steps: [{ do: "repeat", times: 2, steps: [{ do: "level" }] }] }, "step 1: step 1: `level` needs `on`"],
    [{ steps: [{ do: "accept" }] }, "step 1: there is no step `accept`"],
    [{ truth: [{ version: "5" }] }, "`truth` is a list of {version, state}"],
  ];

  test.each(cases)("%j: %s", (others, message) => {
    expect(() => readScenario("server", scenario(others))).toThrow(message);
  });
});

test("what a scenario needs of the server is found in its innermost steps", () => {
  const inner = (step: JsonValue) =>
    readScenario("server", scenario({ steps: [{ do: "together", branches: [[step]] }] }));

  expect(needsOf(inner({ do: "connect", as: "a" }).steps)).toEqual({ control: false, restart: false });
  expect(needsOf(inner({ do: "change", changes: [] }).steps)).toEqual({ control: true, restart: false });
  expect(needsOf(inner({ do: "restart" }).steps)).toEqual({ control: true, restart: true });
});

test("every scenario that ships can be read, and no two tell the same", () => {
  for (const tested of ["server", "client"] as const) {
    const scenarios = readScenarios(tested);
    expect(scenarios.length).toBeGreaterThan(40);
    const names = scenarios.flatMap(({ rule, name, profiles }) =>
      profiles.map((profile) => `${rule} ${profile} ${name}`),
    );
    expect(new Set(names).size).toBe(names.length);
  }
});

test("one rule's scenarios are chosen by its number, and one by its name", () => {
  const rules = (only: string) => new Set(readScenarios("server", only).map(({ rule }) => rule));

  expect(rules("A4")).toEqual(new Set(["A4"]));
  expect(readScenarios("server", "E2-ahead").map(({ rule }) => rule)).toEqual(["E2"]);
  expect(readScenarios("server", "nothing of the kind")).toEqual([]);
});
