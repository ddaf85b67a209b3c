/** The view tells how fresh a replica is, in one object that stays the same for as long as nothing about it changes. */

import type { Millis } from "@neverstale/base";
import type { PartProgress, ResyncReason } from "@neverstale/protocol";
import type { AuthorityError, SyncState } from "../machine/state.ts";
import { isChecking, isOutdated, loadingOf, type SyncStatus } from "../machine/status.ts";
import type { SyncWay } from "../transport/transport.ts";
import type { Absence } from "./absence.ts";

/** Times are wall times, in milliseconds since 1970 (rule R7). */
export interface SyncView {
  readonly status: SyncStatus;
  /** The authority's records are of a newer model: offer a reload, never force it. */
  readonly outdated: boolean;
  /** This way to the authority is in use, or is being tried (rule H9). Null stands for one that has no name. */
  readonly way: SyncWay | null;
  /** An answer to a `check` is being waited for. */
  readonly checking: boolean;
  /** So much has come of a state, or of a large change of it, that is on its way in parts. Null: nothing is. */
  readonly loading: PartProgress | null;
  readonly epoch: string | null;
  /** It is 0 before the first full state. */
  readonly version: number;
  /** The replica was last known at this time to hold all that the authority had. Null: never. */
  readonly lastConfirmedAt: number | null;
  readonly lastResync: LastResync | null;
  /** This was the last time in which the replica could not follow. Null: there was none. */
  readonly lastAbsence: Absence | null;
  /** The authority complained of this last on this connection. */
  readonly error: AuthorityError | null;
}

export interface LastResync {
  readonly reason: ResyncReason;
  readonly at: number;
  readonly fromVersion: number;
  readonly toVersion: number;
}

/** These members of a view tell of something that is over. */
export type PastFacts = Pick<SyncView, "lastResync" | "lastAbsence">;

/** The machine does not know these members. */
export type OutsideFacts = PastFacts & Pick<SyncView, "way">;

/** It has a view and what that was made from: times are turned into wall times once, so that they stay the same. */
export interface ViewState {
  readonly view: SyncView;
  readonly status: SyncStatus;
  readonly confirmedAt: Millis | null;
  readonly error: AuthorityError | null;
}

const NOWHERE: SyncView = {
  status: { type: "stale", since: null, why: "stopped" },
  outdated: false,
  way: null,
  checking: false,
  loading: null,
  epoch: null,
  version: 0,
  lastConfirmedAt: null,
  lastResync: null,
  lastAbsence: null,
  error: null,
};

export const NO_VIEW: ViewState = { view: NOWHERE, status: NOWHERE.status, confirmedAt: null, error: null };

/** Returns the view of `state`, whose status at `now` is `status`. It is the same object as before when nothing in it has changed. */
export function nextView(
  old: ViewState,
  state: SyncState,
  status: SyncStatus,
  { lastResync, lastAbsence, way }: OutsideFacts,
  now: Millis,
  wall: number,
): ViewState {
  const sameStatus = isSameStatus(status, old.status);
  const wallOf = (at: Millis): number => Math.round(wall - (now - at));
  const toWall = (at: Millis | null): number | null => (at === null ? null : wallOf(at));
  const view: SyncView = {
    status: sameStatus ? old.view.status : inWallTime(status, toWall),
    outdated: isOutdated(state),
    way,
    checking: isChecking(state),
    loading: loadingOf(state),
    epoch: state.position?.epoch ?? null,
    version: state.position?.version ?? 0,
    lastConfirmedAt: state.confirmedAt === old.confirmedAt ? old.view.lastConfirmedAt : toWall(state.confirmedAt),
    lastResync,
    lastAbsence,
    error: state.error === old.error ? old.view.error : errorInWallTime(state.error, wallOf),
  };
  if (isSameView(view, old.view)) return old;
  return { view, status: sameStatus ? old.status : status, confirmedAt: state.confirmedAt, error: state.error };
}

function isSameView(a: SyncView, b: SyncView): boolean {
  for (const member in a) if (a[member as keyof SyncView] !== b[member as keyof SyncView]) return false;
  return true;
}

function isSameStatus(a: SyncStatus, b: SyncStatus): boolean {
  if (a.type === "connecting") return b.type === "connecting" && a.attempt === b.attempt && a.retryAt === b.retryAt;
  if (a.type === "stale") return b.type === "stale" && a.since === b.since && a.why === b.why;
  return a.type === b.type;
}

function inWallTime(status: SyncStatus, toWall: (at: Millis | null) => number | null): SyncStatus {
  if (status.type === "connecting") return { ...status, retryAt: toWall(status.retryAt) };
  return status.type === "stale" ? { ...status, since: toWall(status.since) } : status;
}

function errorInWallTime(error: AuthorityError | null, wallOf: (at: Millis) => number): AuthorityError | null {
  return error === null ? null : { ...error, retryAt: wallOf(error.retryAt) };
}
