import type { SyncError } from "@neverstale/protocol";
import type { Random } from "./random.ts";
import type { Tab } from "./tab.ts";
import type { World } from "./world.ts";

/** A program on a host: it follows its own space, and says over HTTP what it has done. What it sees, it does. */
export class Agent {
  readonly #tab: Tab;
  readonly #world: World;
  readonly #random: Random;
  readonly #host: string;
  readonly #begun = new Set<string>();

  constructor(world: World, tab: Tab) {
    this.#world = world;
    this.#tab = tab;
    this.#random = world.random.fork(`agent ${tab.name}`);
    this.#host = tab.config.space.slice("agent/".length);
    tab.driver.subscribe(() => this.#look());
  }

  #look(): void {
    for (const task of this.#tab.driver.state.tasks?.keys() ?? []) {
      if (this.#begun.has(task)) continue;
      this.#begun.add(task);
      this.#tab.environment.after(this.#random.int(10, 2_000), () => void this.#report(task));
    }
  }

  async #report(task: string): Promise<void> {
    try {
      const body = { task, host: this.#host };
      await this.#tab.driver.dispatch("/api/done", body, { idempotencyKey: `done-${task}`, timeoutMs: 10_000 });
      this.#world.counters.add("agent_reports");
    } catch (error) {
      this.#world.counters.add(`agent_${(error as SyncError).code}`);
      this.#begun.delete(task);
    }
  }
}
