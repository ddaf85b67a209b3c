/** The routes of the HTTP profile say what is answered from a space, a position and a history (rules H1 to H5). */

import type { Millis } from "@neverstale/base";
import { type Position, SyncError } from "@neverstale/protocol";
import type { CommittedGroups } from "../../followers/committed-groups.ts";
import type { Attachment, SyncHub } from "../../followers/sync-hub.ts";
import type { Refusal } from "../refusal.ts";
import type { HttpTarget } from "./address.ts";
import type { HttpReadMetrics } from "./http-metrics.ts";
import { KeptSnapshots } from "./kept-snapshots.ts";
import { type Outlet, Poll, Stream } from "./reader.ts";
import { type Audience, refused, state, toSnapshot, toState } from "./reply.ts";

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
      outlet.reply(refused(refusalOf(error)));
      return NOTHING;
    }
  }

  #answer({ asked, attachment, audience, known }: HttpVisit, outlet: Outlet): () => void {
    const { runtime } = this.#groups;
    const parts = { hub: this.#hub, runtime, outlet, audience };
    switch (asked.type) {
      case "snapshot":
        this.#metrics.snapshots += 1;
        return this.#wayToSnapshot(attachment.space, asked.atLeast, audience, outlet);
      case "state":
        this.#metrics.states += 1;
        this.#state(attachment.space, asked.position, audience, known, outlet);
        return NOTHING;
      case "poll": {
        this.#metrics.polls += 1;
        const poll = new Poll(parts, attachment, { ...asked, waitMs: Math.min(POLL_MS, this.#hub.beaconMs) });
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
  #wayToSnapshot(space: string, atLeast: number, audience: Audience, outlet: Outlet): () => void {
    const creationId = this.#groups.space(space)?.creationId ?? "";
    let waits = true;
    this.#hub.snapshot(space, atLeast).then(
      ({ version, epoch, frame }) => {
        const position = { space: creationId, epoch, version };
        this.#kept.add(position, frame);
        this.#measure();
        if (waits) outlet.reply(toState(audience, position));
      },
      (error) => {
        if (waits) outlet.reply(refused(refusalOf(error)));
      },
    );
    return () => {
      waits = false;
    };
  }

  #state(space: string, position: Position, audience: Audience, known: string | undefined, outlet: Outlet): void {
    const isToday = this.#groups.space(space)?.creationId === position.space;
    const frame = isToday ? this.#kept.find(position) : null;
    outlet.reply(frame === null ? toSnapshot(audience) : state(audience, position, frame, known));
  }

  #measure(): void {
    this.#metrics.keptSnapshots = this.#kept.count;
    this.#metrics.keptSnapshotBytes = this.#kept.bytes;
  }
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
const STREAM_MS: Millis = 55_000;

const NOTHING = (): void => {};

function refusalOf(error: unknown): Refusal {
  if (!(error instanceof SyncError)) throw error;
  const { code, message, hint, retryAfterMs } = error;
  const refusal = { refuse: code === "unknown_space" ? 404 : 503, code, message, hint };
  return retryAfterMs === null ? refusal : { ...refusal, retryAfterMs };
}
