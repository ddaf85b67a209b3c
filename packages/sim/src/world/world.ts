/** The world is one authority, its disk, its clients and what is between them. All of it follows from the seed. */

import { Readers } from "../http/readers.ts";
import type { NetworkConfig } from "../network/network.ts";
import { Authority } from "./authority.ts";
import type { Asks } from "./environment.ts";
import { PlainClient } from "./plain-client.ts";
import { Surroundings, type WorldConfig } from "./surroundings.ts";
import { Tab, type TabConfig } from "./tab.ts";

export class World extends Surroundings {
  readonly authority: Authority;
  readonly tabs = new Map<string, Tab>();
  readonly plainClients = new Map<string, PlainClient>();
  readonly readers: Readers;

  constructor(config: WorldConfig) {
    super(config);
    this.authority = new Authority(this, config.authority);
    this.readers = new Readers(this, this.authority);
  }

  openTab(name: string, space: string, network: NetworkConfig, kind: Pick<TabConfig, "inBrowser" | keyof Asks>): Tab {
    const { beaconMs } = this.authority.config;
    const tab = new Tab(this, this.authority, { name, space, ...kind, network, beaconMs });
    this.tabs.set(name, tab);
    return tab;
  }

  openPlain(name: string, space: string, network: NetworkConfig): PlainClient {
    const client = new PlainClient(this, this.authority, { name, space, network });
    this.plainClients.set(name, client);
    return client;
  }

  /** It is true when something has failed, or when the run would never end. */
  #isOver(): boolean {
    if (this.clock.events > MOST_EVENTS) this.fail("events", `too many events: more than ${MOST_EVENTS}`);
    return this.failure !== null;
  }

  /**
   * It lets so much time pass, and ends early when something does not hold. Errors that nobody caught are failures,
   * too.
   */
  async pass(ms: number, goOn: () => boolean = () => true): Promise<void> {
    const until = this.clock.now + ms;
    try {
      await this.clock.runUntil(until, () => !this.#isOver() && goOn());
    } catch (error) {
      this.fail("crash", error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  }
}

/** It is many times what a run takes. Whoever needs more talks to itself. */
const MOST_EVENTS = 200_000;
