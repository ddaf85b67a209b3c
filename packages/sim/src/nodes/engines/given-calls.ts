/** Given calls are what the program asks of any node. Each must have had the effect that its answer says. */

import { SyncError } from "@neverstale/protocol";
import type { Applied } from "@neverstale/server";
import type { HistoryMoment } from "../../checks/history.ts";
import { someChanges } from "../../plan/models.ts";
import type { Random } from "../../plan/random.ts";
import type { Surroundings } from "../../world/surroundings.ts";
import type { EngineNode } from "./engine-node.ts";
import type { JudgedDatabase } from "./judged-database.ts";

export class GivenCalls {
  readonly #world: Surroundings;
  readonly #database: JudgedDatabase;
  readonly #acked: Acked[] = [];
  /** Nothing of them may ever be stored. */
  readonly #refused = new Set<string>();
  readonly #events = new Map<string, HistoryMoment>();
  #given = 0;
  /** So many have no answer yet. */
  open = 0;

  constructor(world: Surroundings, database: JudgedDatabase) {
    this.#world = world;
    this.#database = database;
  }

  /** One event is asked for, which tells in the history by its id that it happened. */
  apply(node: EngineNode, isKeyed: boolean): Promise<void> {
    const { manager } = node;
    this.#given += 1;
    const id = `call-${this.#given}`;
    if (manager === null) return Promise.resolve();
    const { now } = this.#world.clock;
    const data = isKeyed ? { id, key: id } : { id };
    const options = isKeyed ? { key: { id, bodyHash: "" } } : {};
    this.open += 1;
    return manager.apply({ type: "event", target: "", data }, options).then(
      (applied) => this.#done(id, applied, now),
      (error: unknown) => this.#notDone(id, error),
    );
  }

  #done(id: string, { version, epoch }: Applied, givenAt: number): void {
    this.open -= 1;
    this.#count("acked");
    if (givenAt < this.#database.lostAt) return; // It may have been answered out of the tail that is lost.
    const main = this.#database.branch.spaces.get("main");
    const moment = main?.moments.findLast((one) => one.change?.type === "event" && one.change.data.id === id);
    if (moment === undefined) this.#world.fail("P6", `${id} is acknowledged at ${epoch} ${version}, and not stored`);
    else if (moment.version > version)
      this.#world.fail("P6", `${id} is said to be in ${version}, and is ${moment.version}`);
    else this.#acked.push({ id, moment, at: this.#world.clock.now });
  }

  #notDone(id: string, error: unknown): void {
    this.open -= 1;
    const code = error instanceof SyncError ? error.code : "none";
    this.#count(code);
    if (code === "none") this.#world.fail("crash", `${id} fails: ${String(error)}`);
    // A node that is being closed can't wait for the truth.
    if (code !== "outcome_unknown" && code !== "shutting_down") this.#refused.add(id);
  }

  #count(outcome: string): void {
    this.#world.counters.add(`engines_calls_${outcome}`);
  }

  /** The writer's own program changes something, or makes and ends a space. */
  transact(node: EngineNode, chance: Random): void {
    const what = chance.pick(["main", "main", "output", "output", "end"] as const);
    const changes = someChanges(what === "main" ? "main" : OUTPUT, chance);
    node.manager
      ?.transact((_, transaction) => {
        if (what === "main") return changes;
        if (what === "output") transaction.add(OUTPUT, changes);
        else if (transaction.state(OUTPUT) !== null) transaction.removeSpace(OUTPUT, { archive: false });
        return [];
      })
      .then(
        () => this.#count("decided"),
        (error: unknown) => this.#count(error instanceof SyncError ? `decision_${error.code}` : "decision_none"),
      );
  }

  /** By promise P6 no acknowledged change is lost, but with the tail of the database; and what was refused never happened. */
  check(): void {
    const main = this.#database.branch.spaces.get("main");
    for (const { id, moment, at } of this.#acked) {
      if (at > this.#database.lostAt && main?.moments[moment.version] !== moment)
        this.#world.fail("P6", `${id} was acknowledged at ${moment.version}, and is lost`);
    }
    this.#events.clear();
    for (const moment of main?.moments ?? []) this.#checkOnce(moment);
  }

  #checkOnce(moment: HistoryMoment): void {
    const id = moment.change?.type === "event" ? moment.change.data.id : null;
    if (typeof id !== "string" || !id.startsWith("call-")) return;
    if (this.#events.has(id)) this.#world.fail("D1", `${id} takes effect a second time at ${moment.version}`);
    if (this.#refused.has(id)) this.#world.fail("D3", `${id} was refused, and is stored at ${moment.version}`);
    this.#events.set(id, moment);
  }
}

/** Nodes know this space beside the main one. */
const OUTPUT = "output/c1";

interface Acked {
  readonly id: string;
  readonly moment: HistoryMoment;
  readonly at: number;
}
