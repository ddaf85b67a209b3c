/** The agent file of simulated hosts is one text that all of them share. */

import type { Assignment, OpOffer } from "@neverstale/fleet-domain";
import { type AgentFile, offerOf, parseAgentFile } from "../policy/agent-file.ts";
import { type Plan, planOf } from "../policy/plan.ts";

export class SimulatedFile {
  readonly path = "made up";
  readonly problem = null;
  readonly ops: readonly string[];
  readonly #file: AgentFile;

  constructor(text: string) {
    this.#file = parseAgentFile(text);
    this.ops = Object.keys(this.#file.ops);
  }

  offers(): OpOffer[] {
    return Object.entries(this.#file.ops).map(([name, op]) => offerOf(name, op));
  }

  readonly plan = (assignment: Assignment): Plan => planOf(this.#file, MACHINE, assignment);

  checks(): [] {
    return [];
  }

  readonly planCheck = (): Plan => ({ refusal: "made-up hosts make no checks" });

  /** There is nothing else to be read. */
  reload(): void {}
}

const MACHINE = { places: { node: "", shipped: "" }, lookUpUser: () => ({ user: null }) };
