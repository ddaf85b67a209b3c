/** The surroundings are what the authority and its clients share: time, chance, the disk, sessions and the judges. */

import { VirtualClock } from "@neverstale/base";
import type { Position } from "@neverstale/protocol";
import type { Limits } from "@neverstale/server";
import { Acks } from "../checks/acks.ts";
import { CallHistory } from "../checks/calls/calls.ts";
import { RunCounters } from "../checks/counters.ts";
import { MutationJudge } from "../checks/mutations/mutation-judge.ts";
import { Oracle } from "../checks/oracle.ts";
import { Trace } from "../checks/trace.ts";
import { Rights } from "../checks/views/rights.ts";
import { Random } from "../plan/random.ts";
import { FIRST_RELEASE, type Release } from "../plan/releases.ts";
import { Disk, type DiskConfig } from "../store/disk.ts";
import { ChainFollower } from "./chain-follower.ts";
import { SimSessions } from "./sessions.ts";

export class Surroundings {
  readonly config: WorldConfig;
  readonly random: Random;
  readonly clock = new VirtualClock();
  readonly trace: Trace;
  readonly counters = new RunCounters();
  readonly sessions = new SimSessions();
  readonly oracle: Oracle;
  readonly disk: Disk;
  readonly acks: Acks;
  readonly mutations: MutationJudge;
  readonly rights: Rights;
  readonly calls: CallHistory;
  readonly chain: ChainFollower;
  /** Building a snapshot fails so often, and takes so long at most. */
  readonly snapshots: { failedBuilds: number; buildMs: number };
  /** This release is started next. */
  release: Release = FIRST_RELEASE;
  restores = 0;
  /** Requests for mutations are answered like this. Null: they are carried out. */
  busy: number | null = null;
  restoredAt = 0;
  /** Nothing goes wrong any more, and nobody comes or goes. */
  isHealing = false;
  failure: RunFailure | null = null;
  /** Somebody set the authority's clock at this time for the last time. */
  wallSetAt = Number.NEGATIVE_INFINITY;
  #ids = 0;
  /** Somebody set the authority's clock ahead by so much. */
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
    this.mutations = new MutationJudge(this.fail, {
      branch: () => this.disk.branch,
      historyOf: (of) => oracle.historyOf(of),
      restores: () => this.restores,
    });
    oracle.mutations = this.mutations;
    this.rights = new Rights(this.fail);
    this.calls = new CallHistory(this.counters);
    this.acks = new Acks(this.fail, () => this.disk);
    this.chain = new ChainFollower(this, random.fork("chain"));
  }

  /**
   * Something that is promised does not hold. Only the first time counts, because what comes later may follow from it.
   */
  readonly fail = (rule: string, message: string): void => {
    if (this.failure !== null) return;
    this.failure = { rule, message, at: this.clock.now };
    this.trace.line(this.clock.now, `FAILED ${rule} ${message}`);
  };

  newId(): string {
    this.#ids += 1;
    return `id-${this.#ids}`;
  }

  /** The authority's machine tells this time. */
  wallTime(): number {
    return START_OF_TIME + this.clock.now + this.#wallSkewMs;
  }

  jumpWall(byMs: number): void {
    this.wallSetAt = this.clock.now;
    this.#wallSkewMs += byMs;
  }

  /**
   * It returns the time since when a position has not been the newest that the authority has, or null when it still is.
   */
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
}

export interface WorldConfig {
  readonly seed: string;
  readonly authority: AuthorityConfig;
  readonly disk: DiskConfig;
  readonly keepTrace: boolean;
  /** With true the main space is followed by views. */
  readonly views?: boolean;
}

/** This was the first thing that did not hold. */
export interface RunFailure {
  readonly rule: string;
  readonly message: string;
  readonly at: number;
}

/** The world around one process of the authority is set up like this. */
export interface AuthorityConfig {
  readonly limits: Partial<Limits>;
  readonly beaconMs: number;
  readonly scale: number;
  readonly zipFromChars: number;
  readonly buildMs: number;
  readonly loopUtilization: number;
}

/** It is 2026-01-01 on a clock that is right. */
export const START_OF_TIME = 1_767_225_600_000;
