/** The host file is the `agent.yaml` that counts on this host: it is read at the start, and again on request. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Assignment, OpOffer } from "@neverstale/fleet-domain";
import { type AgentFile, AgentFileError, offerOf, parseAgentFile } from "../agent-file.ts";
import { type Machine, type Plan, planOf } from "../plan.ts";
import { readTrusted } from "./file-trust.ts";

export interface HostFilePlaces {
  /** This file was named at the start. Null means DATA_DIR/agent.yaml, or the shipped file where that is missing. */
  readonly named: string | null;
  readonly dataDir: string;
  readonly shipped: string;
}

export class HostFile {
  path: string;
  /** This says why the last reading failed. Until a reading succeeds, the file that was read before it counts. */
  problem: string | null = null;
  readonly #places: HostFilePlaces;
  readonly #machine: Machine;
  #file: AgentFile;
  #plans = new WeakMap<Assignment, Plan>();

  /** Throws `AgentFileError`. */
  constructor(places: HostFilePlaces, machine: Machine) {
    this.#places = places;
    this.#machine = machine;
    this.path = this.#find();
    this.#file = this.#read(this.path);
  }

  /** Reads the file again, or the host's own one if there is one by now. What is wrong with it is left in `problem`. */
  reload(): void {
    try {
      const path = this.#find();
      this.#file = this.#read(path);
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
    const plan = planOf(this.#file, this.#machine, assignment);
    this.#plans.set(assignment, plan);
    return plan;
  };

  #find(): string {
    const { named, dataDir, shipped } = this.#places;
    const own = join(dataDir, "agent.yaml");
    return named ?? (existsSync(own) ? own : shipped);
  }

  #read(path: string): AgentFile {
    try {
      // Whoever could write the shipped file could write this program too.
      return parseAgentFile(path === this.#places.shipped ? readFileSync(path, "utf8") : readTrusted(path));
    } catch (error) {
      if (error instanceof AgentFileError)
        throw new AgentFileError(`${path}: ${error.message.replaceAll("\n", `\n${path}: `)}`);
      throw new AgentFileError(`${path} can't be used: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
