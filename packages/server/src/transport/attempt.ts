/** An attempt to connect, as its transport has understood it: who asks, from where, for what. */

import {
  LINES_PARAMETER,
  linesIn,
  PARTS_PARAMETER,
  type Position,
  type Profile,
  STEPS_PARAMETER,
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
}

/** It says what a connection that was granted follows, and where it goes on. */
export function attachmentOf(url: URL, profile: Profile, { space, subject }: Grant): Attachment {
  const parts = url.searchParams.get(PARTS_PARAMETER) === "1";
  const steps = url.searchParams.get(STEPS_PARAMETER) === "1";
  const lines = linesIn(url.searchParams.get(LINES_PARAMETER) ?? "");
  return { space, profile, resume: positionOf(url), subject, parts, steps, lines };
}

/** Half a position is no position, so the connection starts with the full state. */
function positionOf({ searchParams }: URL): Position | null {
  const epoch = searchParams.get("epoch");
  const space = searchParams.get("space");
  const version = versionOf(searchParams.get("version") ?? "");
  return epoch === null || space === null || version === null ? null : { epoch, space, version };
}

/** A version has decimal digits only. Whatever else `Number` takes for a number was said by no replica. */
export function versionOf(text: string): number | null {
  const version = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(version) ? version : null;
}
