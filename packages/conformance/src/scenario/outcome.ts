/** An outcome says what became of one scenario in one profile. */

import type { Profile } from "@neverstale/protocol";
import { ScenarioError } from "../patterns/template.ts";
import type { Scenario } from "./scenario.ts";
import { Violation } from "./violation.ts";

export interface ScenarioOutcome {
  readonly rule: string;
  readonly name: string;
  readonly profile: Profile;
  readonly result: "ok" | "failed" | "not run";
  /** It says why the scenario was not run, or what differed. The broken rule may be another than the one of the scenario. */
  readonly detail: string;
}

/** It is thrown when the means to play a scenario are missing. */
export class NotRun extends Error {
  override readonly name = "NotRun";
}

/** It plays, and makes an outcome of how that ended. A bug of the kit or of the scenario is thrown on. */
export async function outcomeOf(
  scenario: Scenario,
  profile: Profile,
  play: () => Promise<void>,
): Promise<ScenarioOutcome> {
  const { rule, name } = scenario;
  try {
    await play();
    return { rule, name, profile, result: "ok", detail: "" };
  } catch (error) {
    if (error instanceof Violation) return { rule, name, profile, result: "failed", detail: error.message };
    if (error instanceof NotRun) return { rule, name, profile, result: "not run", detail: error.message };
    if (error instanceof ScenarioError) throw new ScenarioError(`[${rule}] ${name}: ${error.message}`);
    throw error;
  }
}
