import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Assignment, OpOffer } from "@neverstale/fleet-domain";
import type { Plan } from "../../commands/decide.ts";
import { planOf } from "../../commands/plan.ts";
import { machine, SHIPPED_AGENT_FILE } from "../../io/machine.ts";
import { type AgentFile, AgentFileError, offerOf, parseAgentFile } from "../agent-file.ts";
import { readTrusted } from "./file-trust.ts";

/** The host's `agent.yaml`, read once and again on request. */
export class HostFile {
  path: string;
  /** Why the last reading failed; the file read before it counts meanwhile. */
  problem: string | null = null;
  readonly #find: () => string;
  #file: AgentFile;
  #plans = new WeakMap<Assignment, Plan>();

  /** `path` null: DATA_DIR/agent.yaml, or the file that is shipped where there is none. Throws `AgentFileError`. */
  constructor(path: string | null, dataDir: string) {
    const own = join(dataDir, "agent.yaml");
    this.#find = () => path ?? (existsSync(own) ? own : SHIPPED_AGENT_FILE);
    this.path = this.#find();
    this.#file = read(this.path);
  }

  /** Reads it again, or the host's own one if there is one by now. What is wrong with it is left in `problem`. */
  reload(): void {
    try {
      const path = this.#find();
      this.#file = read(path);
      this.path = path;
      this.#plans = new WeakMap();
      this.problem = null;
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
  }

  offers(): OpOffer[] {
    return Object.entries(this.#file.ops).map(([name, op]) => offerOf(name, op));
  }

  readonly plan = (assignment: Assignment): Plan => {
    const known = this.#plans.get(assignment);
    if (known !== undefined) return known;
    const plan = planOf(this.#file, machine, assignment);
    this.#plans.set(assignment, plan);
    return plan;
  };
}

function read(path: string): AgentFile {
  try {
    // Whoever could write the shipped one could write this program too.
    return parseAgentFile(path === SHIPPED_AGENT_FILE ? readFileSync(path, "utf8") : readTrusted(path));
  } catch (error) {
    if (error instanceof AgentFileError)
      throw new AgentFileError(`${path}: ${error.message.replaceAll("\n", `\n${path}: `)}`);
    throw new AgentFileError(`${path} can't be used: ${error instanceof Error ? error.message : String(error)}`);
  }
}
