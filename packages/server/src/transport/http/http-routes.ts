/** The routes of the HTTP profile say what is answered from a space, a position and a history (rules H1 to H5). */

import type { Millis } from "@neverstale/base";
import { type Position, SyncError } from "@neverstale/protocol";
import type { CommittedGroups } from "../../followers/committed-groups.ts";
import type { Attachment, SyncHub } from "../../followers/sync-hub.ts";
import { seesWhole } from "../../followers/views/followed.ts";
import type { LargeFrame } from "../../followers/wire.ts";
import { type SpaceView, spaceOf } from "../../space/space-view.ts";
import { NOT_FOR_VIEWS } from "../refusal.ts";
import type { HttpTarget } from "./address.ts";
import type { HttpReadMetrics } from "./http-metrics.ts";
import { KeptSnapshots } from "./kept-snapshots.ts";
import { type Outlet, Poll, Stream } from "./reader.ts";
import { type Audience, refused, state, toldRefusal, toSnapshot, toState } from "./reply.ts";

export class HttpRoutes {
  readonly #groups: CommittedGroups;
  readonly #hub: SyncHub;
  readonly #metrics: HttpReadMetrics;
  readonly #kept: KeptSnapshots;

  constructor(groups: CommittedGroups, hub: SyncHub, metrics: HttpReadMetrics) {
    this.#groups = groups;
    this.#hub = hub;
    this.#metrics = metrics;
    this.#kept = new KeptSnapshots(groups.limits.keptSnapshotBytes);
  }

  /** It returns what is to be called when the answer can't go out any more. */
  answer(ask: HttpVisit, outlet: Outlet): () => void {
    try {
      return this.#answer(ask, outlet);
    } catch (error) {
      outlet.reply(refused(toldRefusal(error)));
      return NOTHING;
    }
  }

  #answer({ asked, attachment, audience, known }: HttpVisit, outlet: Outlet): () => void {
    const { runtime } = this.#groups;
    const parts = { hub: this.#hub, runtime, outlet, audience };
    switch (asked.type) {
      case "snapshot":
        this.#metrics.snapshots += 1;
        return this.#wayToSnapshot(attachment, asked.atLeast, audience, outlet);
      case "state":
        this.#metrics.states += 1;
        this.#state(attachment, asked.position, audience, known, outlet);
        return NOTHING;
      case "poll": {
        this.#metrics.polls += 1;
        const poll = new Poll(parts, attachment, {
          ...asked,
          waitMs: Math.min(POLL_MS, POLL_OF_BEACON * this.#hub.beaconMs),
        });
        return () => poll.leave();
      }
      case "live": {
        this.#metrics.streams += 1;
        const stream = new Stream(parts, attachment, asked.check, STREAM_MS);
        return () => stream.leave();
      }
    }
  }

  /** Where the snapshot is not near the head it is made first (rule A8). */
  #wayToSnapshot(from: Followed, atLeast: number, audience: Audience, outlet: Outlet): () => void {
    let waits = true;
    const known = this.#hub.whenKnown(from.space);
    const given = known === null ? this.#snapshot(from, atLeast) : known.then(() => this.#snapshot(from, atLeast));
    given.then(
      ({ position, frame }) => {
        this.#kept.add(position, frame);
        this.#measure();
        if (waits) outlet.reply(toState(audience, position));
      },
      (error) => {
        if (waits) outlet.reply(refused(toldRefusal(error)));
      },
    );
    return () => {
      waits = false;
    };
  }

  #snapshot(from: Followed, atLeast: number): Promise<{ readonly position: Position; readonly frame: LargeFrame }> {
    const creationId = this.#groups.space(from.space)?.creationId ?? "";
    const made = this.#hub.snapshot(from, atLeast);
    return made.then(({ version, epoch, frame }) => ({ position: { space: creationId, epoch, version }, frame }));
  }

  #state(from: Followed, position: Position, audience: Audience, known: string | undefined, outlet: Outlet): void {
    const frame = this.#isInHistory(from, position) ? this.#kept.find(position) : null;
    outlet.reply(frame === null ? toSnapshot(audience) : state(audience, position, frame, known));
  }

  /** A version that the database has lost is shown to nobody, though it was kept here (rule N9). */
  #isInHistory({ space: name, view }: Followed, { space: creationId, epoch, version }: Position): boolean {
    const space = this.#groups.space(name);
    if (space !== null) requireWhole(space, view);
    if (this.#groups.refusal !== null || space?.creationId !== creationId) return false;
    const last = space.lastVersion(epoch);
    return last !== null && version <= last;
  }

  #measure(): void {
    this.#metrics.keptSnapshots = this.#kept.count;
    this.#metrics.keptSnapshotBytes = this.#kept.bytes;
  }
}

/** Whoever asks follows this. */
type Followed = Pick<Attachment, "space" | "view">;

/** Only who may see everything is served over HTTP (rule V23). It throws `forbidden`. */
function requireWhole(space: SpaceView, view: Followed["view"]): void {
  if (!seesWhole(spaceOf(space), view)) throw new SyncError("forbidden", NOT_FOR_VIEWS.message);
}

export interface HttpVisit {
  readonly asked: HttpTarget;
  /** Whoever asks was let in to follow this. */
  readonly attachment: Attachment;
  readonly audience: Audience;
  /** The asker has the snapshot of this tag. */
  readonly known: string | undefined;
}

/** A poll waits so long for news. What is between ends requests after 30 s or a minute. */
const POLL_MS: Millis = 25_000;
/**
 * It waits for no larger part of a beacon interval. A cache may count this time as age, and a second answer takes as long again, and
 * a screen is live for one and a half intervals (rule R7).
 */
const POLL_OF_BEACON = 0.6;
const STREAM_MS: Millis = 55_000;

const NOTHING = (): void => {};
