/** A simulated agent follows its own space, and says over HTTP what it has done. */

import { request } from "@neverstale/client";
import type { JsonObject, SyncError } from "@neverstale/protocol";
import type { Random } from "../plan/random.ts";
import type { Tab } from "./tab.ts";
import type { World } from "./world.ts";

/** It does what it sees. */
export class SimAgent {
  readonly #tab: Tab;
  readonly #world: World;
  readonly #random: Random;
  readonly #host: string;
  /** These are the keys of tasks that it works on, or has told of a short time ago. */
  readonly #begun = new Set<string>();

  constructor(world: World, tab: Tab) {
    this.#world = world;
    this.#tab = tab;
    this.#random = world.random.fork(`agent ${tab.name}`);
    this.#host = tab.config.space.slice("agent/".length);
    tab.driver.subscribe(() => this.#look());
  }

  #look(): void {
    for (const { id, made = 0 } of this.#tab.driver.state.tasks?.values() ?? []) {
      const key = `done-${id}-${made}`;
      if (this.#begun.has(key)) continue;
      this.#begun.add(key);
      const body = { task: id, made, host: this.#host };
      this.#tab.environment.after(this.#random.int(10, 2_000), () => void this.#report(key, body));
    }
  }

  async #report(key: string, body: JsonObject): Promise<void> {
    try {
      await request(this.#tab.driver.route("/api/done"), body, { idempotencyKey: key, timeoutMs: 10_000 });
      this.#world.counters.add("agent_reports");
    } catch (error) {
      this.#world.counters.add(`agent_${(error as SyncError).code}`);
    }
    this.#tab.environment.after(LOOKS_AGAIN_MS, () => {
      this.#begun.delete(key);
      this.#look();
    });
  }
}

/** After this time a task that is still there is looked at again, because the authority may have been restored since. */
const LOOKS_AGAIN_MS = 15_000;
