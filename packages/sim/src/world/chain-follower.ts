/** The chain follower reads the chain from time to time, as another process would that follows the authority. */

import { SyncError } from "@neverstale/protocol";
import { RETENTION, StoreFailure } from "@neverstale/server";
import type { Confirmation, Store } from "@neverstale/server/store";
import { ChainJudge } from "../checks/chain/chain-judge.ts";
import type { RunCounters } from "../checks/counters.ts";
import type { Report } from "../checks/history.ts";
import type { Oracle } from "../checks/oracle.ts";
import type { Random } from "../plan/random.ts";
import type { Disk } from "../store/disk.ts";

/** It outlives the processes whose stores it reads. */
export class ChainFollower {
  readonly #world: FollowedWorld;
  readonly #random: Random;
  readonly #judge: ChainJudge;
  /** It has found its own entry in the chain since it last read everything anew. */
  #hasFound = false;
  /** There had been so many restores when it last followed. */
  #restores = 0;

  constructor(world: FollowedWorld, random: Random) {
    this.#world = world;
    this.#random = random;
    this.#judge = new ChainJudge(world.fail, world.oracle, (creationId) => {
      if (world.disk.branch.ended.get(creationId)?.archived === false) return "gone";
      return world.disk.isTold ? "kept" : "either"; // The end may be on its way to the disk.
    });
  }

  /** It waits for so long before it looks again. Where there is more it may lag behind all the same. */
  nextMs(isMore: boolean): number {
    return isMore && this.#random.chance(0.8) ? this.#random.int(0, 20) : this.#random.int(200, 3_000);
  }

  /** It returns true when there may be more. */
  async follow(store: Store): Promise<boolean> {
    try {
      return await this.#follow(store);
    } catch (error) {
      if (error instanceof SyncError && error.code === "store_damaged") this.#world.fail("A2", error.message);
      else if (!(error instanceof StoreFailure)) throw error;
      return false;
    }
  }

  async #follow(store: Store): Promise<boolean> {
    const { place } = this.#judge;
    const limit = this.#random.pick([1, 2, 20, 1_000]) + 1;
    // It begins with its own entry, which must be there: else the store has another history.
    const entries = await store.readChain({ afterSequence: (place?.sequence ?? 1) - 1, limit });
    if (entries === "trimmed") return this.#trimmed(await store.confirm());
    const [own] = entries;
    if (place !== null && (own?.sequence !== place.sequence || own.term !== place.term))
      return this.#lost(entries.length);
    this.#hasFound = true;
    this.#restores = this.#world.restores;
    const next = place === null ? entries : entries.slice(1);
    for (const entry of next) this.#judge.take(entry);
    this.#world.counters.add("chain_followed", next.length);
    return next.length > 0;
  }

  /** The entries that it needs are not kept any more. The newest entry always is. */
  #trimmed({ head }: Confirmation): boolean {
    if (head?.sequence === this.#judge.place?.sequence)
      this.#world.fail("A2", `the newest entry of the chain, ${head?.sequence}, is not kept`);
    const { logChanges = RETENTION.logChanges, chainEntries = RETENTION.chainEntries } =
      this.#world.disk.config.retention;
    if (Math.min(logChanges, chainEntries) >= 1_000_000)
      this.#world.fail("A2", "the chain is trimmed, and nothing is beyond its bound");
    this.#world.counters.add("chain_trimmed");
    return this.#reload();
  }

  /** A store that was restored has another history. Right after it has read everything anew it may be ahead of the store. */
  #lost(found: number): boolean {
    const { restores, counters } = this.#world;
    if (restores === this.#restores && this.#hasFound)
      this.#world.fail("A2", `entry ${this.#judge.place?.sequence} was followed, and is not in the chain any more`);
    if (restores === this.#restores && found === 0) return false;
    counters.add("chain_lost");
    return this.#reload();
  }

  /** It takes what the disk holds, at a moment at which the oracle knows all of it. */
  #reload(): boolean {
    const { disk, restores } = this.#world;
    if (!disk.isTold) return false;
    const { contents } = disk.tables;
    const newest = contents.newestEntry();
    const heads = new Map(contents.spaces().map(({ id, name }) => [name, contents.lineage(id).at(-1)?.epoch ?? null]));
    this.#judge.place = newest === null ? null : { sequence: newest.sequence, term: newest.term };
    this.#judge.spaces = new Map(
      [...disk.branch.spaces].map(([name, { creationId, head }]) => {
        return [name, { creationId, version: head.version, term: heads.get(name) ?? null }];
      }),
    );
    this.#hasFound = false;
    this.#restores = restores;
    return true;
  }

  get isLevel(): boolean {
    return this.#judge.place?.sequence === this.#world.disk.tables.contents.newestEntry()?.sequence;
  }

  /** Whoever has followed to the end knows what there is. */
  checkLevel(): void {
    if (!this.isLevel)
      this.#world.fail("A2", `who follows the chain comes no further than ${this.#judge.place?.sequence}`);
    const { branch } = this.#world.disk;
    const { spaces } = this.#judge;
    for (const name of new Set([...spaces.keys(), ...branch.spaces.keys()])) {
      const [followed, there] = [spaces.get(name), branch.spaces.get(name)];
      if (followed?.creationId === there?.creationId && followed?.version === there?.head.version) continue;
      this.#world.fail("A2", `who follows has ${name} at ${followed?.version}, and it is at ${there?.head.version}`);
    }
  }
}

/** It sees of the world what is on the disk, and what the judges know. */
interface FollowedWorld {
  readonly disk: Disk;
  readonly oracle: Oracle;
  readonly counters: RunCounters;
  readonly restores: number;
  readonly fail: Report;
}
