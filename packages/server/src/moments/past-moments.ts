/** The past moments of the main space: how far back they reach, and the state at each of them. */

import { Turns } from "@neverstale/base";
import { type Everything, everything, type GrantedView, SyncError } from "@neverstale/protocol";
import type { Runtime } from "../runtime/runtime.ts";
import type { Capture } from "../space/readable.ts";
import type { Space } from "../space/space.ts";
import type { LogQuery, LogRow } from "../store/contract.ts";
import type { PointStore } from "../store/points/point-store.ts";
import { BaseKeeper, isOfHistory } from "./base-keeper.ts";
import type { BaseFacts } from "./base-texts.ts";
import { KeptBases, type Pause } from "./kept-bases.ts";
import type { MomentSettings } from "./moment-settings.ts";
import { type RebuildParts, RebuiltSpace } from "./rebuilt-space.ts";
import { shownThen, wholeThen } from "./shown-then.ts";
import { Turn } from "./turn.ts";

/** A moment is named by its version, with or without an epoch, or by a time of the server's clock, in milliseconds since 1970. */
export type MomentName = { readonly version: number; readonly epoch?: string | undefined } | { readonly time: number };

/** So far back the past can be read. */
export interface Reach {
  readonly from: MomentAt;
  readonly to: MomentAt;
}

export interface MomentAt {
  readonly version: number;
  readonly at: number;
}

export type PastState =
  | (Capture & {
      readonly type: "state";
      readonly epoch: string;
      /** The wall clock said this when the group was committed that ends at the version. */
      readonly at: number;
      /** The next group ends at this version. Null: this is the newest one. */
      readonly next: number | null;
      readonly reach: Reach;
    })
  /** It is older than what is kept. */
  | { readonly type: "before"; readonly reach: Reach | null }
  /** This version was not given out yet, as far as this process knows. */
  | { readonly type: "ahead"; readonly reach: Reach | null }
  /** The version is of a history that the store has not, as after a backup was restored. */
  | { readonly type: "other_history"; readonly reach: Reach | null };

export interface PastMomentsParts {
  readonly points: PointStore;
  readonly readLog: (query: LogQuery) => Promise<readonly LogRow[]>;
  readonly space: () => Space;
  readonly epoch: () => string;
  readonly runtime: Pick<Runtime, "now" | "wallTime" | "after">;
  readonly settings: MomentSettings;
}

export class PastMoments {
  readonly keeper: BaseKeeper;
  readonly #parts: PastMomentsParts;
  readonly #bases: KeptBases;
  readonly #turns = new Turns();
  readonly #pause: Pause;
  #waiting = 0;
  /** The one that was used last stands last. */
  #states: RebuiltSpace[] = [];
  /** So often a history was dropped. */
  #forgotten = 0;
  #asked = 0;
  #made = 0;
  #refused = 0;
  #failed = 0;

  constructor(parts: PastMomentsParts) {
    const { points, settings, runtime, space, epoch, readLog } = parts;
    this.#parts = parts;
    this.#bases = new KeptBases(points, settings.bases);
    this.#pause = () => new Promise((resolve) => runtime.after(1, resolve));
    this.keeper = new BaseKeeper({ bases: this.#bases, settings, runtime, pause: this.#pause, space, epoch, readLog });
  }

  /** It is null where nothing is kept yet. */
  async reach(): Promise<Reach | null> {
    const [oldest] = await this.#usable();
    return oldest === undefined ? null : this.#reachFrom(oldest);
  }

  #reachFrom({ version, at }: BaseFacts): Reach {
    return { from: { version, at }, to: { version: this.#parts.space().head, at: this.#parts.runtime.wallTime() } };
  }

  /** It returns what the view shows of the state at a moment, which is the end of a group at or before what was named. */
  async at(name: MomentName, view: GrantedView | Everything): Promise<PastState> {
    if (this.#waiting > this.#parts.settings.waiting) {
      this.#refused += 1;
      throw new SyncError("too_many_requests", "too many states of the past are asked for at once", {
        hint: "Try again in a moment.",
        retryAfterMs: 1_000,
      });
    }
    this.#asked += 1;
    this.#waiting += 1;
    try {
      return await this.#turns.take(() => this.#at(name, view));
    } catch (error) {
      this.#failed += 1;
      throw error;
    } finally {
      this.#waiting -= 1;
    }
  }

  async #at(name: MomentName, view: GrantedView | Everything): Promise<PastState> {
    const { space, epoch } = this.#parts;
    const live = space();
    const forgotten = this.#forgotten;
    const bases = await this.#usable();
    const [oldest] = bases;
    const reach = oldest === undefined ? null : this.#reachFrom(oldest);
    if ("version" in name) {
      const last = name.epoch === undefined ? live.head : live.lineage.lastVersion(name.epoch, live.head);
      const isToday = name.epoch === undefined || name.epoch === epoch();
      if (last === null || (!isToday && name.version > last)) return { type: "other_history", reach };
      if (name.version > live.head) return { type: "ahead", reach };
    }
    const version = "version" in name ? name.version : live.head;
    const time = "time" in name ? name.time : Number.POSITIVE_INFINITY;
    const base = bases.findLast((each) => each.version <= version && each.at <= time);
    if (base === undefined || reach === null) return { type: "before", reach };
    const rebuilt = await this.#rebuilt(base, version, time).catch(async (error: unknown) => {
      const isThere = (await this.#usable()).some((each) => each.version === base.version);
      if (isThere) throw error;
      return null; // The base, or the log behind it, was let go of meanwhile.
    });
    if (rebuilt === null) return { type: "before", reach: await this.reach() };
    const [next] = await this.#after(rebuilt.space.head);
    const turn = new Turn(this.#rebuildParts());
    const shown = view === everything ? wholeThen(rebuilt.space) : await shownThen(rebuilt.space, space(), view, turn);
    if (this.#forgotten !== forgotten)
      throw new SyncError("store_unavailable", "the history was read anew meanwhile", { hint: "Try again." });
    this.#keep(rebuilt);
    const { at } = rebuilt;
    return {
      type: "state",
      ...shown,
      epoch: live.lineage.epochAt(shown.version) ?? base.epoch,
      at,
      next: next?.lastVersion ?? null,
      reach,
    };
  }

  async #after(version: number): Promise<readonly LogRow[]> {
    const rows = await this.#parts.readLog({ space: this.#parts.space().name, afterVersion: version, limit: 1 });
    return rows.filter(({ lastVersion }) => lastVersion > version);
  }

  /** These bases are whole and of this history, and the log leads on from them. The oldest stands first. */
  async #usable(): Promise<readonly BaseFacts[]> {
    const { readLog, space } = this.#parts;
    const live = space();
    const [oldest] = await readLog({ space: live.name, afterVersion: 0, limit: 1 });
    const logBegins = oldest === undefined ? live.head : oldest.firstVersion - 1;
    const versions = (await this.#bases.versions(live.head)).filter((version) => version >= logBegins);
    const facts = await Promise.all(versions.map((version) => this.#bases.facts(version)));
    return facts.flatMap((each) => (each !== null && isOfHistory(each, live) ? [each] : [])).reverse();
  }

  /** A state that was made before is brought on where that takes less than a base does. */
  async #rebuilt(base: BaseFacts, version: number, time: number): Promise<RebuiltSpace> {
    const live = this.#parts.space();
    this.#states = this.#states.filter(({ space }) => space.creationId === live.creationId);
    const near = this.#states
      .filter(({ space, at }) => space.head <= version && at <= time && space.head >= base.version)
      .toSorted((a, b) => a.space.head - b.space.head)
      .at(-1);
    this.#states = this.#states.filter((each) => each !== near); // One that fails on its way is not kept.
    const rebuilt = near ?? (await RebuiltSpace.fromBase(base, this.#bases.read(base.version), this.#rebuildParts()));
    if (near === undefined) this.#made += 1;
    await rebuilt.goOn(version, time);
    return rebuilt;
  }

  #keep(rebuilt: RebuiltSpace): void {
    const { states, stateBytes } = this.#parts.settings;
    const all = [...this.#states, rebuilt];
    while (all.length > states || bytesOf(all) > stateBytes) all.shift();
    this.#states = all;
  }

  /** States of a history that is dropped are not true any more. */
  forget(): void {
    this.#forgotten += 1;
    this.#states = [];
  }

  #rebuildParts(): RebuildParts {
    const { readLog, space, runtime, settings } = this.#parts;
    const { model, views, name } = space();
    const { replayedChanges, rebuildMs } = settings;
    const bounds = { replayedChanges, rebuildMs };
    return {
      model,
      views: views?.declared ?? null,
      name,
      readLog,
      now: () => runtime.now(),
      pause: this.#pause,
      ...bounds,
    };
  }

  metrics(): Record<string, number> {
    return {
      ...this.keeper.metrics(),
      moments_asked_total: this.#asked,
      moments_made_total: this.#made,
      moments_refused_total: this.#refused,
      moments_failed_total: this.#failed,
      moments_waiting: this.#waiting,
      moment_states: this.#states.length,
      moment_state_bytes: bytesOf(this.#states),
    };
  }
}

function bytesOf(states: readonly RebuiltSpace[]): number {
  return states.reduce((sum, { space }) => sum + space.bytes, 0);
}
