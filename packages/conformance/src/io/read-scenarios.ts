/** The scenarios that ship with the kit are read from their files. */

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { JsonValue } from "@neverstale/protocol";
import { ScenarioError } from "../patterns/template.ts";
import { readScenario, type Scenario, type Tested } from "../scenario/scenario.ts";

const FOLDER = fileURLToPath(new URL("../../scenarios", import.meta.url));

/** It returns the scenarios in the order of their names. `only` is the number of a rule, or part of a file's name. */
export function readScenarios(tested: Tested, only: string | null = null): Scenario[] {
  const folder = `${FOLDER}/${tested}`;
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  const wanted = names.filter((name) => only === null || isAbout(name, only));
  return wanted.sort(byRule).map((name) => readFile(tested, `${folder}/${name}`, name));
}

function isAbout(name: string, only: string): boolean {
  return /^[A-Z]\d+[a-z]?$/.test(only) ? ruleOf(name) === only : name.includes(only);
}

function readFile(tested: Tested, path: string, name: string): Scenario {
  try {
    const scenario = readScenario(tested, JSON.parse(readFileSync(path, "utf8")) as JsonValue);
    if (ruleOf(name) !== scenario.rule) throw new ScenarioError(`its name doesn't begin with ${scenario.rule}`);
    return scenario;
  } catch (error) {
    throw new ScenarioError(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function ruleOf(name: string): string {
  return name.split("-")[0] ?? "";
}

/** It puts A2 before A10. */
function byRule(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
