/** A connection follows a space, or the view of it that it was granted: here that is found, or refused (rules V2, V14 and V23). */

import { type Everything, everything, type GrantedView, type Position, SyncError } from "@neverstale/protocol";
import type { Readable } from "../../space/readable.ts";
import type { Space } from "../../space/space.ts";
import { StoreProofs } from "../../space/views/store-proofs.ts";
import { ViewedSpace } from "../../space/views/viewed-space.ts";
import type { CommittedGroups } from "../committed-groups.ts";
import { cantKnow } from "../confirming/entrants.ts";
import type { CursorOptions } from "../cursor.ts";
import type { Fanout } from "../fanout.ts";
import type { FullStateReason } from "../sync-metrics.ts";
import type { Fanouts } from "./fanouts.ts";

export class FollowedSpaces {
  readonly #proofs: StoreProofs;
  readonly #fanouts: Fanouts;

  constructor(groups: CommittedGroups, fanouts: Fanouts) {
    this.#proofs = new StoreProofs(groups);
    this.#fanouts = fanouts;
  }

  /** It throws `forbidden`, `too_many_views`, and `store_unavailable` where the secret of the store has not been heard of yet. */
  fanoutOf(space: Space, { view, profile, oneWay = null }: Asked): Fanout {
    if (seesWhole(space, view)) return this.#fanouts.of(space);
    if (profile === "plain" || oneWay !== null) throw notForViews();
    const proofs = this.#proofs.now;
    if (proofs === null) throw cantKnow("this node has not heard of the secret of the store yet");
    return this.#fanouts.ofView(space, new ViewedSpace(space, view, proofs));
  }
}

/** The reader is shown all of the space. It throws `forbidden` where nobody has said so: then it is shown nothing (rule V2). */
export function seesWhole(space: Space, view: GrantedView | Everything | undefined): view is Everything | undefined {
  if (view === everything) return true;
  if (view === undefined && space.views === null) return true;
  if (view !== undefined && space.views?.declared.model === view.model) return false;
  throw new SyncError("forbidden", "nobody has said what may be seen of this space");
}

/** It returns why a position can't be resumed (rules E2, V14 and V15), or null when it can. */
export function whyNotResume(readable: Readable, { epoch, space, version, proof }: Position): FullStateReason | null {
  const { creationId, head, lineage } = readable;
  const last = space === creationId ? lineage.lastVersion(epoch, head) : null;
  if (last === null) return "epoch";
  if (version > last) return "ahead";
  if (!readable.accepts(epoch, version, proof)) return "view";
  return readable.canDiffFrom(version) ? null : "too_old";
}

interface Asked extends Pick<CursorOptions, "profile" | "oneWay"> {
  readonly view?: GrantedView | Everything | undefined;
}

function notForViews(): SyncError {
  return new SyncError("forbidden", "a view of a space is followed over WebSocket, by `neverstale.v1`", {
    hint: "Only who may see everything can follow it over HTTP, or by the plain profile (rule V23).",
  });
}
