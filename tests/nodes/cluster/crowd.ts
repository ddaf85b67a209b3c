/** A crowd is many clients in a few processes, of which each counts what came to its clients. */

import { type Child, startChild } from "../../../bench/harness/processes/child.ts";
import type { CrowdCounts } from "./crowd-client.ts";
import type { CrowdApi, CrowdTold } from "./crowd-process.ts";
import { until } from "./until.ts";

export interface CrowdSize {
  readonly processes: number;
  readonly clients: number;
  /** So many of the clients are replicas of the engine. */
  readonly replicas: number;
}

export class Crowd {
  readonly size: CrowdSize;
  readonly #children: readonly Child<CrowdApi>[];

  private constructor(size: CrowdSize, children: readonly Child<CrowdApi>[]) {
    this.size = size;
    this.#children = children;
  }

  /** All clients have joined when it resolves. */
  static async join(size: CrowdSize, address: string): Promise<Crowd> {
    const children = Array.from({ length: size.processes }, (_, index) =>
      startChild<CrowdApi>({ name: `crowd ${index + 1}`, module: MODULE, core: null, engine: true }),
    );
    const share = (count: number, index: number) =>
      Math.floor((count * (index + 1)) / children.length) - Math.floor((count * index) / children.length);
    const light = size.clients - size.replicas;
    const joining = children.map(({ call }, index) =>
      call.join({ address, clients: share(light, index), replicas: share(size.replicas, index) }),
    );
    const crowd = new Crowd(size, children);
    try {
      await Promise.all(joining);
    } catch (error) {
      await crowd.leave();
      throw error;
    }
    return crowd;
  }

  async told(): Promise<CrowdTold> {
    const all = await Promise.all(this.#children.map(({ call }) => call.told()));
    return all.reduce(added);
  }

  /** It waits until all follow who lost so many connections by then, and returns what they tell. */
  async untilAllFollow(lost: number): Promise<CrowdTold> {
    let told = await this.told();
    await until(`all clients follow, with ${lost} connections lost`, async () => {
      told = await this.told();
      return told.lost >= lost && told.following === this.size.clients;
    });
    return told;
  }

  /** Two of three clients leave and come back, so that each node has some again. */
  async comeAgain(): Promise<void> {
    await Promise.all(this.#children.map(({ call }) => call.comeAgain()));
  }

  async untilAllIn(epoch: string): Promise<void> {
    await until("all clients are in the newest epoch", async () => {
      return (await this.told()).epochs[epoch] === this.size.clients;
    });
  }

  /** It returns how many clients show which version, with which digest. */
  async shown(): Promise<Numbers> {
    const all = await Promise.all(this.#children.map(({ call }) => call.shown()));
    return all.reduce(addedNumbers, {});
  }

  async leave(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.stop()));
  }
}

const MODULE = "../../tests/nodes/cluster/crowd-process.ts";

function added(a: CrowdTold, b: CrowdTold): CrowdTold {
  return {
    counts: addedCounts(a.counts, b.counts),
    epochs: addedNumbers(a.epochs, b.epochs),
    lost: a.lost + b.lost,
    following: a.following + b.following,
    resyncs: a.resyncs + b.resyncs,
    divergences: a.divergences + b.divergences,
  };
}

function addedCounts(a: CrowdCounts, b: CrowdCounts): CrowdCounts {
  return {
    firstStates: a.firstStates + b.firstStates,
    fullStates: a.fullStates + b.fullStates,
    deltas: a.deltas + b.deltas,
    resumed: a.resumed + b.resumed,
    steps: a.steps + b.steps,
    lost: a.lost + b.lost,
    ends: addedNumbers(a.ends, b.ends),
    errors: addedNumbers(a.errors, b.errors),
    problems: a.problems + b.problems,
    firstProblems: [...a.firstProblems, ...b.firstProblems],
  };
}

function addedNumbers(a: Numbers, b: Numbers): Record<string, number> {
  const sums = { ...a };
  for (const [name, count] of Object.entries(b)) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}

type Numbers = Readonly<Record<string, number>>;
