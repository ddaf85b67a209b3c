/** The host file is the `agent.yaml` that counts on this host: it is read at the start, and again when it has changed. */

import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Assignment, OpOffer } from "@neverstale/fleet-domain";
import { YamlFileError } from "@neverstale/fleet-domain/yaml-file";
import type { KnownCheck } from "../../checks/check-state.ts";
import { type AgentFile, offerOf, parseAgentFile } from "../agent-file.ts";
import { type Machine, type Plan, planOf, planOfCheck } from "../plan.ts";
import { readTrusted } from "./file-trust.ts";

export interface HostFilePlaces {
  /** This file was named at the start. Null means DATA_DIR/agent.yaml, or the shipped file where that is missing. */
  readonly named: string | null;
  readonly dataDir: string;
  readonly shipped: string;
}

export class HostFile {
  path: string;
  /**
   * This says why the last reading failed. Until a reading succeeds, the file that was read before it counts. When there was none before,
   * nothing may run.
   */
  problem: string | null = null;
  readonly #places: HostFilePlaces;
  readonly #machine: Machine;
  #file: AgentFile;
  #plans = new WeakMap<Assignment, Plan>();
  #checks: readonly KnownCheck[] = [];
  /** The file was like this when it was read. */
  #stampRead: string;
  /** The last look found this. */
  #stampSeen: string;

  constructor(places: HostFilePlaces, machine: Machine) {
    this.#places = places;
    this.#machine = machine;
    this.path = this.#find();
    this.#stampRead = stampOf(this.path);
    this.#stampSeen = this.#stampRead;
    this.#file = NOTHING;
    this.reload();
  }

  /**
   * Looks whether the file is another one than was read. It is true once the file has stood still between two looks, since an editor may
   * be in the middle of writing it.
   */
  hasChanged(): boolean {
    const stamp = stampOf(this.#find());
    const standsStill = stamp === this.#stampSeen;
    this.#stampSeen = stamp;
    return standsStill && stamp !== this.#stampRead;
  }

  /** Reads the file again, or the host's own one if there is one by now. What is wrong with it is left in `problem`. */
  reload(): void {
    try {
      const path = this.#find();
      this.#stampRead = stampOf(path); // What is written from here on is found by the next look.
      this.#file = this.#read(path);
      this.path = path;
      this.#plans = new WeakMap();
      this.#checks = checksOf(this.#file);
      this.problem = null;
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
  }

  offers(): OpOffer[] {
    return Object.entries(this.#file.ops).map(([name, op]) => offerOf(name, op));
  }

  /** They are the same objects until the file is read again. */
  checks(): readonly KnownCheck[] {
    return this.#checks;
  }

  readonly planCheck = (name: string, id: string): Plan => {
    const check = Object.hasOwn(this.#file.checks, name) ? this.#file.checks[name] : undefined;
    return check === undefined ? { refusal: "the file names it no more" } : planOfCheck(check, this.#machine, id);
  };

  readonly plan = (assignment: Assignment): Plan => {
    const known = this.#plans.get(assignment);
    if (known !== undefined) return known;
    const plan =
      this.#file === NOTHING ? { refusal: this.#nothingMayRun() } : planOf(this.#file, this.#machine, assignment);
    this.#plans.set(assignment, plan);
    return plan;
  };

  #nothingMayRun(): string {
    return `nothing may run here: ${this.problem}`.slice(0, MAX_REFUSAL);
  }

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
      if (error instanceof YamlFileError)
        throw new YamlFileError(`${path}: ${error.message.replaceAll("\n", `\n${path}: `)}`);
      throw new YamlFileError(`${path} can't be used: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function checksOf({ checks }: AgentFile): KnownCheck[] {
  return Object.entries(checks).map(([name, check]) => ({
    name,
    everyMs: check.every,
    outdatedOn: check.outdated_on,
    unknownOn: check.unknown_on,
    definition: JSON.stringify(check),
  }));
}

/** A reason is a line of at most so many characters. */
const MAX_REFUSAL = 500;

const NOTHING: AgentFile = { ops: {}, checks: {} };

/** It differs when the file was written, replaced, moved, or given to somebody else. */
function stampOf(path: string): string {
  const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true, throwIfNoEntry: false }) ?? NO_FILE;
  return [path, ino, size, mtimeNs, ctimeNs].join(" ");
}

const NO_FILE = { ino: -1n, size: -1n, mtimeNs: -1n, ctimeNs: -1n };
