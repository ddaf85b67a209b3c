/** A lost tail is shown by no replica for longer than a second after its node has read the store that came back (promise P6). */

import type { SimConnection } from "../../network/connection.ts";
import type { Surroundings } from "../../world/surroundings.ts";
import type { Tab } from "../../world/tab.ts";
import type { Cluster } from "./cluster.ts";
import type { EngineNode } from "./engine-node.ts";

export class LostTails {
  readonly #world: ShownTails;
  readonly #shown = new Map<Tab, Shown>();

  constructor(world: ShownTails) {
    this.#world = world;
  }

  look(): void {
    for (const tab of this.#world.tabs) this.#lookAt(tab);
  }

  #lookAt(tab: Tab): void {
    const { cluster, clock, nodes } = this.#world;
    const { position } = tab.driver;
    const on = tab.network.current;
    if (tab.status !== "live" || position === null || !cluster.isLost(position)) return void this.#shown.delete(tab);
    const before = this.#shown.get(tab);
    if (before === undefined || before.on !== on)
      return void this.#shown.set(tab, { on, since: clock.now, couldKnowAt: null });
    const read = nodes.find((node) => node.holds(on))?.readPrimary ?? null;
    if (read !== null && read.askedAt >= before.since) before.couldKnowAt ??= read.at;
    if (before.couldKnowAt === null || clock.now - before.couldKnowAt <= SHOWN_MS) return;
    const at = `${position.epoch} ${position.space} ${position.version}`;
    this.#world.fail(
      "P6",
      `${tab.name} shows ${at}, which is lost, ${clock.now - before.couldKnowAt} ms after its node could know`,
    );
  }
}

interface ShownTails extends Pick<Surroundings, "clock" | "fail"> {
  readonly cluster: Cluster;
  readonly nodes: readonly EngineNode[];
  readonly tabs: readonly Tab[];
}

/** Something that is lost is shown on this connection. */
interface Shown {
  readonly on: SimConnection | null;
  readonly since: number;
  /** Its node has read the store that came back, and had the answer at this time. */
  couldKnowAt: number | null;
}

/** A second, and what is on its way. */
const SHOWN_MS = 1_500;
