/** Waiters are replicas that were told of a change at some node, and wait for it at another one (promise P10). */

import { SyncError } from "@neverstale/protocol";
import type { Surroundings } from "../../world/surroundings.ts";
import type { Tab } from "../../world/tab.ts";
import type { Cluster } from "./cluster.ts";
import type { StoredCall } from "./given-calls.ts";

export class Waiters {
  readonly #world: WaitingWorld;
  /** So many wait. */
  open = 0;

  constructor(world: WaitingWorld) {
    this.#world = world;
  }

  /** The tab waits until it shows what the call has done. */
  wait(tab: Tab, call: StoredCall): void {
    const { epochs, cluster } = this.#world;
    const { epoch, version } = call;
    const promoted = cluster.databases.length;
    const wasSplit = cluster.isSplit;
    // A replica is told of sixteen epochs. While an old primary lives on, each of the two knows its own history alone.
    const mayBeUnknown = () =>
      this.#world.epochs - epochs >= 15 || wasSplit || cluster.isSplit || cluster.databases.length > promoted;
    this.open += 1;
    tab.environment.act(() => {
      tab.driver.reached({ epoch, version }).then(
        () => this.#reached(tab, call),
        (error: unknown) => this.#notReached(tab, call, error, mayBeUnknown()),
      );
    });
  }

  #reached(tab: Tab, { id, moment }: StoredCall): void {
    this.#end("reached");
    const { position } = tab.driver;
    const history = position === null ? null : this.#world.oracle.historyOf(position);
    if (position !== null && position.version >= moment.version && history?.moments[moment.version] === moment) return;
    this.#world.fail("P10", `${tab.name} is told that it has reached ${id}, and does not show it`);
  }

  #notReached(tab: Tab, { id, moment }: StoredCall, error: unknown, mayBeUnknown: boolean): void {
    const code = error instanceof SyncError ? error.code : String(error);
    this.#end(code);
    if (code === "closed") return;
    const main = this.#world.cluster.primary.branch.spaces.get("main");
    const isThere = main?.moments[moment.version] === moment;
    if (code !== "history_lost" || (isThere && !mayBeUnknown))
      this.#world.fail("P10", `${tab.name} waits for ${id}, and is told ${code}`);
  }

  #end(how: string): void {
    this.open -= 1;
    this.#world.counters.add(`engines_waiters_${how}`);
  }
}

interface WaitingWorld extends Pick<Surroundings, "oracle" | "counters" | "fail"> {
  readonly cluster: Cluster;
  /** So many epochs have begun. */
  readonly epochs: number;
}
