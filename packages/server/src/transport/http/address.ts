/** The addresses of the HTTP profile: what is asked for stands in the path, behind the path of the endpoint (rules H1, H2, H4). */

import { isSafeId, type Position } from "@neverstale/protocol";
import { versionOf } from "../attempt.ts";

export type HttpTarget =
  /** The way to a snapshot, at or above a version. */
  | { readonly type: "snapshot"; readonly atLeast: number }
  /** The snapshot itself. */
  | { readonly type: "state"; readonly position: Position }
  /** One list of what follows a position. With `waits` the answer comes once there is something. */
  | { readonly type: "poll"; readonly position: Position; readonly waits: boolean; readonly check: number | null }
  /** A stream of events of what follows a position. */
  | { readonly type: "live"; readonly position: Position; readonly check: number | null };

export interface Address {
  /** This is the path of the endpoint. */
  readonly endpoint: string;
  readonly asked: HttpTarget;
}

/** It returns null for an address that is none of the profile's. */
export function addressIn({ pathname, searchParams }: URL): Address | null {
  const [, endpoint, snapshot, type, space, epoch, version] = PATH.exec(pathname) ?? [];
  if (endpoint === undefined) return null;
  if (snapshot !== undefined) {
    return { endpoint, asked: { type: "snapshot", atLeast: versionOf(searchParams.get("atLeast") ?? "") ?? 0 } };
  }
  const position = positionOf(space ?? "", epoch ?? "", version ?? "");
  if (position === null) return null;
  const check = checkOf(searchParams.get("check"));
  if (type === "s") return { endpoint, asked: { type: "state", position } };
  if (type === "live") return { endpoint, asked: { type: "live", position, check } };
  const waits = check === null && searchParams.get("wait") !== "0";
  return { endpoint, asked: { type: "poll", position, waits, check } };
}

/** It returns the path of a snapshot, as seen from that of the way to it. */
export function statePath({ space, epoch, version }: Position): string {
  return `s/${encodeURIComponent(space)}/${encodeURIComponent(epoch)}/${version}`;
}

/** The way to a snapshot, as seen from an address that holds a position. */
export const SNAPSHOT_PATH = "../../../snapshot";

const PATH = /^(.*)\/(?:(snapshot)|(s|t|live)\/([^/]+)\/([^/]+)\/(\d{1,16}))$/;

function positionOf(space: string, epoch: string, version: string): Position | null {
  const named = { space: decoded(space), epoch: decoded(epoch), version: versionOf(version) };
  if (!isSafeId(named.space) || !isSafeId(named.epoch) || named.version === null) return null;
  return { space: named.space, epoch: named.epoch, version: named.version };
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

/** A check has a number from 1 on (rule M2). */
function checkOf(text: string | null): number | null {
  const n = versionOf(text ?? "");
  return n === 0 ? null : n;
}
