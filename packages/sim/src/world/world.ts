import type { Position } from "@neverstale/protocol";
import { Acks } from "../checks/acks.ts";
import { Counters } from "../checks/counters.ts";
import { Oracle } from "../checks/oracle.ts";
import { Trace } from "../checks/trace.ts";
import type { NetworkConfig } from "../network/network.ts";
import { Random } from "../plan/random.ts";
import { FIRST_RELEASE, type Release } from "../plan/releases.ts";
import { Disk, type DiskConfig } from "../store/disk.ts";
import { Authority } from "./authority.ts";
import { Calls } from "./calls.ts";
import { Clock } from "./clock.ts";
import type { AuthorityConfig } from "./incarnation.ts";
import { PlainClient } from "./plain-client.ts";
import { Sessions } from "./sessions.ts";
import { Tab, type TabConfig } from "./tab.ts";

export interface WorldConfig {
  readonly seed: string;
  readonly authority: AuthorityConfig;
  readonly disk: DiskConfig;
  readonly keepTrace: boolean;
}

/** The first thing that did not hold. */
export interface Failure {
  readonly rule: string;
  readonly message: string;
  readonly at: number;
}

/** Many times what a run takes: whoever needs more talks to itself. */
const MOST_EVENTS = 200_000;

/** 2026-01-01 on a clock that is right. */
export const START_OF_TIME = 1_767_225_600_000;

/** One authority, its disk, its clients and what is between them: everything of it follows from the seed. */
export class World {
  readonly config: WorldConfig;
  readonly random: Random;
  readonly clock = new Clock();
  readonly trace: Trace;
  readonly counters = new Counters();
  readonly sessions = new Sessions();
  readonly oracle: Oracle;
  readonly disk: Disk;
  readonly acks: Acks;
  readonly calls: Calls;
  readonly authority: Authority;
  readonly tabs = new Map<string, Tab>();
  readonly plainClients = new Map<string, PlainClient>();
  /** How often building a snapshot fails, and how long it takes at most. */
  readonly snapshots: { failedBuilds: number; buildMs: number };
  /** What is started next. */
  release: Release = FIRST_RELEASE;
  restores = 0;
  restoredAt = 0;
  failure: Failure | null = null;
  /** When somebody set the authority's clock the last time. */
  wallSetAt = Number.NEGATIVE_INFINITY;
  #ids = 0;
  /** What somebody set the authority's clock ahead. */
  #wallSkewMs = 0;

  constructor(config: WorldConfig) {
    this.config = config;
    this.snapshots = { failedBuilds: 0, buildMs: config.authority.buildMs };
    this.random = new Random(config.seed);
    this.trace = new Trace(config.keepTrace);
    this.oracle = new Oracle(this.fail, this.counters, config.authority.limits);
    const { clock, random, counters, oracle, fail: report } = this;
    const note = (text: string) => this.trace.line(clock.now, `disk ${text}`);
    this.disk = new Disk({ clock, random: random.fork("disk"), counters, oracle, report, note }, config.disk);
    this.calls = new Calls(this.counters);
    this.acks = new Acks(this.fail, () => this.disk);
    this.authority = new Authority(this, config.authority);
  }

  /** Something that is promised does not hold. Only the first time counts: what follows may follow from it. */
  readonly fail = (rule: string, message: string): void => {
    if (this.failure !== null) return;
    this.failure = { rule, message, at: this.clock.now };
    this.trace.line(this.clock.now, `FAILED ${rule} ${message}`);
  };

  newId(): string {
    this.#ids += 1;
    return `id-${this.#ids}`;
  }

  /** As the authority's machine tells it. */
  wallTime(): number {
    return START_OF_TIME + this.clock.now + this.#wallSkewMs;
  }

  jumpWall(byMs: number): void {
    this.wallSetAt = this.clock.now;
    this.#wallSkewMs += byMs;
  }

  openTab(name: string, space: string, network: NetworkConfig, kind: Pick<TabConfig, "inBrowser" | "parts">): Tab {
    const { beaconMs } = this.authority.config;
    const tab = new Tab(this, { name, space, ...kind, network, beaconMs });
    this.tabs.set(name, tab);
    return tab;
  }

  openPlain(name: string, space: string, network: NetworkConfig): PlainClient {
    const client = new PlainClient(this, name, space, network);
    this.plainClients.set(name, client);
    return client;
  }

  /** Since when a position has not been the newest of what the authority has; null: it is. */
  staleSince(name: string, position: Position): number | null {
    const { branch } = this.disk;
    const history = branch.spaces.get(name);
    if (history?.creationId !== position.space) {
      return Math.max(branch.removedAt.get(name) ?? history?.madeAt ?? 0, this.restoredAt);
    }
    if (history.moments[position.version] !== this.oracle.momentAt(position)) return this.restoredAt;
    const next = history.moments[position.version + 1];
    return next === undefined ? null : Math.max(next.at, this.restoredAt);
  }

  /** Something has failed; or the run would never end. */
  #isOver(): boolean {
    if (this.clock.events > MOST_EVENTS) this.fail("events", `too many events: more than ${MOST_EVENTS}`);
    return this.failure !== null;
  }

  /** Lets so much time pass; ends early when something does not hold. Errors that nobody caught are failures too. */
  async pass(ms: number, goOn: () => boolean = () => true): Promise<void> {
    const until = this.clock.now + ms;
    try {
      await this.clock.runUntil(until, () => !this.#isOver() && goOn());
    } catch (error) {
      this.fail("crash", error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  }
}
