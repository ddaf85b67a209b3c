/** An attempt to connect, as its transport has understood it: who asks, from where, for what. */

import {
  type Everything,
  type GrantedView,
  LINES_PARAMETER,
  linesIn,
  PARTS_PARAMETER,
  type Position,
  type Profile,
  STEPS_PARAMETER,
  TICKET_PARAMETER,
  VIEW_PARAMETER,
} from "@neverstale/protocol";
import type { Attachment } from "../followers/sync-hub.ts";
import type { Whence } from "./allowed-origins.ts";
import type { Refusal } from "./refusal.ts";

export interface Attempt {
  readonly url: URL;
  /** Limits go by this address. */
  readonly address: string;
  readonly whence: Whence;
  /** It is a refusal when the attempt speaks neither profile. */
  readonly spoken: Spoken | Refusal;
}

export interface Spoken {
  readonly profile: Profile;
  /** The CSRF token that came with it. */
  readonly csrf: string | null;
}

/** Whoever may connect is given this. */
export interface Grant {
  readonly space: string;
  /** `revoke` is given this later, to find the connection by. */
  readonly subject: unknown;
  /**
   * It is what may be seen of the space: a view, as `views.of` makes it, or `everything`. Where the views of its model are declared, a
   * grant without it is a fault, and lets nobody in (rule V2).
   */
  readonly view?: GrantedView | Everything;
}

/** It says what a connection that was granted follows, and where it goes on. */
export function attachmentOf(url: URL, profile: Profile, { space, subject, view }: Grant): Attachment {
  const parts = url.searchParams.get(PARTS_PARAMETER) === "1";
  const steps = url.searchParams.get(STEPS_PARAMETER) === "1";
  const lines = linesIn(url.searchParams.get(LINES_PARAMETER) ?? "");
  const attachment = { space, profile, resume: positionOf(url), subject, parts, steps, lines };
  return view === undefined ? attachment : { ...attachment, view };
}

/** Half a position is no position, so the connection starts with the full state. */
function positionOf({ searchParams }: URL): Position | null {
  const epoch = searchParams.get("epoch");
  const space = searchParams.get("space");
  const version = versionOf(searchParams.get("version") ?? "");
  if (epoch === null || space === null || version === null) return null;
  const view = searchParams.get(VIEW_PARAMETER);
  if (view === null) return { epoch, space, version };
  return { epoch, space, version, proof: { view, ticket: searchParams.get(TICKET_PARAMETER) ?? "" } };
}

/** A version has decimal digits only. Whatever else `Number` takes for a number was said by no replica. */
export function versionOf(text: string): number | null {
  const version = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(version) ? version : null;
}
