/** Given calls are what the program asks of any node. Each must have had the effect that its answer says. */

import { SyncError } from "@neverstale/protocol";
import type { Applied } from "@neverstale/server";
import type { HistoryMoment } from "../../checks/history.ts";
import { someChanges } from "../../plan/models.ts";
import type { Random } from "../../plan/random.ts";
import type { Surroundings } from "../../world/surroundings.ts";
import type { Cluster } from "./cluster.ts";
import type { EngineNode } from "./engine-node.ts";

export class GivenCalls {
  readonly #world: Surroundings;
  readonly #cluster: Cluster;
  readonly #acked: StoredCall[] = [];
  /** Nothing of them may ever be stored. */
  readonly #refused = new Set<string>();
  readonly #events = new Map<string, HistoryMoment>();
  #given = 0;
  /** So many have no answer yet. */
  open = 0;

  constructor(world: Surroundings, cluster: Cluster) {
    this.#world = world;
    this.#cluster = cluster;
  }

  /** One event is asked for, which tells in the history by its id that it happened. `then` is told where it stands. */
  apply(node: EngineNode, isKeyed: boolean, then: (stored: StoredCall) => void = () => {}): Promise<void> {
    const { manager } = node;
    this.#given += 1;
    const id = `call-${this.#given}`;
    if (manager === null) return Promise.resolve();
    const data = isKeyed ? { id, key: id } : { id };
    const options = isKeyed ? { key: { id, bodyHash: "" } } : {};
    this.open += 1;
    return manager.apply({ type: "event", target: "", data }, options).then(
      (applied) => {
        const stored = this.#done(id, applied);
        if (stored !== null) then(stored);
      },
      (error: unknown) => this.#notDone(id, error),
    );
  }

  /** It is stored in the primary, or in one that was the primary when it was stored. */
  #done(id: string, { version, epoch }: Applied): StoredCall | null {
    this.open -= 1;
    this.#count("acked");
    this.#note(`${id} is acknowledged at ${epoch} ${version}`);
    const moment = this.#storedAs(id);
    if (moment === undefined) this.#world.fail("P6", `${id} is acknowledged at ${epoch} ${version}, and not stored`);
    else if (moment.version > version)
      this.#world.fail("P6", `${id} is said to be in ${version}, and is ${moment.version}`);
    else {
      const stored = { id, moment, epoch, version };
      this.#acked.push(stored);
      return stored;
    }
    return null;
  }

  #storedAs(id: string): HistoryMoment | undefined {
    for (const { branch } of this.#cluster.databases.toReversed()) {
      const moments = branch.spaces.get("main")?.moments;
      const found = moments?.findLast(({ change }) => change?.type === "event" && change.data.id === id);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #notDone(id: string, error: unknown): void {
    this.open -= 1;
    const code = error instanceof SyncError ? error.code : "none";
    this.#count(code);
    this.#note(`${id} is refused: ${String(error)}`);
    if (code === "none") this.#world.fail("crash", `${id} fails: ${String(error)}`);
    // A node that is being closed can't wait for the truth.
    if (code !== "outcome_unknown" && code !== "shutting_down") this.#refused.add(id);
  }

  #note(text: string): void {
    this.#world.trace.line(this.#world.clock.now, text);
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
    const main = this.#cluster.primary.branch.spaces.get("main");
    for (const { id, moment } of this.#acked) {
      if (main?.moments[moment.version] !== moment && !this.#cluster.wentWithTail(main?.creationId ?? "", moment))
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

/** The moment of the call is in the history at this position. */
export interface StoredCall {
  readonly id: string;
  readonly moment: HistoryMoment;
  readonly epoch: string;
  readonly version: number;
}
