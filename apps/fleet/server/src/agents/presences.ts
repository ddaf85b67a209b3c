/** The server remembers of each host's agent what its last reports said, and knows which hosts have fallen silent. */

import { OFFLINE_AFTER_MS } from "../commands/waiting-times.ts";
import type { HostBudgets } from "../fleet/host-budgets.ts";
import type { Clocks } from "../fleet/moment.ts";
import { NEVER_HEARD, type Presence } from "./presence.ts";

export class Presences {
  readonly #budgets: HostBudgets;
  readonly #steadyNow: () => number;
  #startedMs: number;
  readonly #presences = new Map<string, Presence>();
  readonly #heardMs = new Map<string, number>();

  constructor(budgets: HostBudgets, { steadyNow }: Clocks) {
    this.#budgets = budgets;
    this.#steadyNow = steadyNow;
    this.#startedMs = steadyNow();
  }

  /**
   * From now on reports come here. What this process heard in an earlier term says nothing of today: meanwhile the agents have
   * spoken to another node.
   */
  begin(): void {
    this.#presences.clear();
    this.#heardMs.clear();
    this.#startedMs = this.#steadyNow();
  }

  of(hostId: string): Presence {
    return this.#presences.get(hostId) ?? NEVER_HEARD;
  }

  remember(hostId: string, presence: Presence): void {
    this.#presences.set(hostId, presence);
  }

  /** Its agent speaks. This is said where the report is decided on: a round that is decided right behind it must know. */
  heard(hostId: string): void {
    this.#heardMs.set(hostId, this.#steadyNow());
  }

  /** It forgets a host that was removed. */
  forget(hostId: string): void {
    this.#presences.delete(hostId);
    this.#heardMs.delete(hostId);
    this.#budgets.forget(hostId);
  }

  /** An agent that has not spoken since the begin counts as heard then: it needs time to find the server again. */
  isSilent(hostId: string): boolean {
    return this.#steadyNow() - (this.#heardMs.get(hostId) ?? this.#startedMs) >= OFFLINE_AFTER_MS;
  }
}
