/** The world of nodes is one shared database, its nodes, and clients that are connected to any of them. */

import type { Position } from "@neverstale/protocol";
import { difference } from "../../checks/same-state.ts";
import type { AnswerSink, HttpEnd, SimAsk, Trip } from "../../http/http-end.ts";
import { Readers } from "../../http/readers.ts";
import type { SimConnection } from "../../network/connection.ts";
import type { AuthorityEnd } from "../../network/network.ts";
import type { NodesPlan } from "../../plan/nodes-plan.ts";
import type { Random } from "../../plan/random.ts";
import { FIRST_RELEASE, modelsOf } from "../../plan/releases.ts";
import { Surroundings, type WorldConfig } from "../../world/surroundings.ts";
import { Tab } from "../../world/tab.ts";
import { Cluster } from "./cluster.ts";
import { EngineNode } from "./engine-node.ts";
import { GivenCalls } from "./given-calls.ts";
import { Links } from "./links.ts";
import { LostTails } from "./lost-tails.ts";
import { Waiters } from "./waiters.ts";

export class NodesWorld extends Surroundings implements AuthorityEnd, HttpEnd {
  readonly cluster: Cluster;
  readonly nodes: readonly EngineNode[];
  readonly given: GivenCalls;
  readonly waiters: Waiters;
  readonly #lostTails: LostTails;
  readonly tabs: Tab[] = [];
  readonly readers: Readers;
  /** Everything has healed, and nothing goes wrong any more. */
  isWell = false;
  readonly #choice: Random;
  readonly #choiceOverHttp: Random;

  constructor(config: WorldConfig, { nodes, hasLinks, retention }: NodesPlan) {
    super(config);
    const models = modelsOf(FIRST_RELEASE, new Set());
    this.wallSetAt = Number.POSITIVE_INFINITY; // The clocks of the nodes differ, so no replica can know the time.
    this.#choice = this.random.fork("choice");
    this.#choiceOverHttp = this.random.fork("choice over HTTP");
    this.readers = new Readers(this, this);
    this.cluster = new Cluster({ world: this, models, retention });
    const links = new Links(this, this.random.fork("links"));
    const parts = { world: this, cluster: this.cluster, links, models, hasLink: hasLinks };
    this.nodes = Array.from({ length: nodes }, (_, n) => new EngineNode(`node-${n + 1}`, parts));
    this.given = new GivenCalls(this, this.cluster);
    this.waiters = new Waiters(this);
    this.#lostTails = new LostTails(this);
  }

  get epochs(): number {
    return this.counters.get("engines_takeovers");
  }

  openTab(config: NodesPlan["tabs"][number]): void {
    const { name, space, parts, steps, ...network } = config;
    const { beaconMs } = this.config.authority;
    this.tabs.push(new Tab(this, this, { name, space, parts, steps, inBrowser: false, network, beaconMs }));
  }

  /** Whatever spreads connections over the nodes knows nothing of them. */
  accept(connection: SimConnection): void {
    this.#choice.pick(this.nodes).accept(connection);
  }

  /** Each request of a reader goes to any node, too. */
  ask(ask: SimAsk, sink: AnswerSink): Trip {
    return this.#choiceOverHttp.pick(this.nodes).ask(ask, sink);
  }

  request(): Promise<never> {
    return Promise.reject(new Error("nobody answers requests here"));
  }

  /** A replica is judged by the time at which its node could have known better, at whatever primary. */
  override staleSince(name: string, position: Position): number | null {
    const since = this.cluster.notNewestSince(name, position);
    return since === null ? null : since + CONFIRMATION_AGE_MS;
  }

  /** It looks at what is held and shown by now. */
  look(): void {
    this.#checkNodes();
    this.#lostTails.look();
  }

  /** A node holds nothing that was never true (rules N1 and N2). */
  #checkNodes(): void {
    for (const node of this.nodes) {
      const { manager } = node;
      if (manager === null) continue;
      for (const name of manager.spaces()) {
        const space = manager.space(name);
        if (space === null) continue;
        const place = { epoch: manager.epoch, space: space.creationId, version: space.head };
        const moment = this.oracle.momentAt(place);
        const at = `${node.name} at ${place.epoch} ${name} ${place.version}`;
        if (moment === null) this.fail("N2", `${at} holds what was never stored`);
        else if (!moment.whole) this.fail("N1", `${at} stands within a group`);
        else {
          const where = difference(space.state, moment.state);
          if (where !== null) this.fail("N1", `${at} holds another ${where}`);
        }
      }
    }
  }

  /** It lets so much time pass, and ends early when something does not hold. */
  async pass(ms: number, goOn: () => boolean = () => true): Promise<void> {
    const isRunning = () => {
      if (this.clock.events > MOST_EVENTS) this.fail("events", `more than ${MOST_EVENTS} events`);
      return this.failure === null && goOn();
    };
    try {
      await this.clock.runUntil(this.clock.now + ms, isRunning);
    } catch (error) {
      this.fail("crash", error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  }
}

/** A node may go by a confirmation of this age (rule N4). */
const CONFIRMATION_AGE_MS = 1_000;
const MOST_EVENTS = 100_000;
