/** The fan-outs of a hub: one for each space that is followed, and one for each view of it. */

import { SyncError } from "@neverstale/protocol";
import { type Committed, committedChanges, committedSpace } from "../../space/committed.ts";
import type { Readable } from "../../space/readable.ts";
import { Space } from "../../space/space.ts";
import { ViewedSpace } from "../../space/views/viewed-space.ts";
import type { Fanout } from "../fanout.ts";
import type { SyncMetrics } from "../sync-metrics.ts";
import { FollowedViews } from "./followed-views.ts";

export class Fanouts {
  readonly #spaces = new Map<Space, Fanout>();
  readonly #views = new Map<Space, FollowedViews>();
  readonly #make: (readable: Readable) => Fanout;
  readonly #mostViews: number;
  readonly #metrics: SyncMetrics;

  /** At most `mostViews` views are followed at a time (rule V21). */
  constructor(make: (readable: Readable) => Fanout, mostViews: number, metrics: SyncMetrics) {
    this.#make = make;
    this.#mostViews = mostViews;
    this.#metrics = metrics;
  }

  of(space: Space): Fanout {
    let fanout = this.#spaces.get(space);
    if (fanout === undefined) {
      fanout = this.#make(space);
      this.#spaces.set(space, fanout);
    }
    return fanout;
  }

  /** Throws `too_many_views`. */
  ofView(space: Space, viewed: ViewedSpace): Fanout {
    const views = this.#views.get(space) ?? new FollowedViews(space);
    const known = views.get(viewed.id);
    if (known !== null) return known;
    if (this.#metrics.views >= this.#mostViews) {
      this.#metrics.tooManyViews += 1;
      throw tooManyViews();
    }
    const fanout = this.#make(viewed);
    this.#views.set(space, views);
    views.add(viewed, fanout);
    this.#metrics.views += 1;
    return fanout;
  }

  *ofSpaces(): Iterable<Fanout> {
    yield* this.#spaces.values();
  }

  *ofViews(): Iterable<Fanout> {
    for (const views of this.#views.values()) yield* views.values();
  }

  *all(): Iterable<Fanout> {
    yield* this.ofSpaces();
    yield* this.ofViews();
  }

  /** A commit is durable. It returns the fan-outs of a space that has ended with it. */
  committed(group: Committed): readonly Fanout[] {
    const space = committedSpace(group);
    const whole = this.#spaces.get(space);
    const changes = committedChanges(group);
    whole?.committed(group.firstVersion, changes);
    const views = this.#views.get(space);
    if (views !== undefined) {
      for (const fanout of views.movedBy(group.firstVersion)) fanout.committed(group.firstVersion, changes);
    }
    if (!space.removed) return NONE;
    return [...(whole === undefined ? NONE : [whole]), ...(views?.values() ?? NONE)];
  }

  delete({ readable }: Fanout): void {
    if (readable instanceof Space) this.#spaces.delete(readable);
    if (!(readable instanceof ViewedSpace)) return;
    const views = this.#views.get(readable.space);
    if (views?.remove(readable) === true) this.#metrics.views -= 1;
    if (views?.size === 0) this.#views.delete(readable.space);
  }
}

const NONE: readonly Fanout[] = [];

function tooManyViews(): SyncError {
  const hint = "Follow it with a view that others have, or raise the limit `views`.";
  return new SyncError("too_many_views", "too many different views are followed at this server", {
    hint,
    retryAfterMs: 5_000,
  });
}
