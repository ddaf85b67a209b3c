/** The addresses of the HTTP profile lie below that of the WebSocket endpoint (rules H1, H2, H4). */

import type { Position } from "@neverstale/protocol";

/** Returns the address of the endpoint as one of HTTP. `url` may be relative to `base`, and an address of WebSocket. */
export function httpEndpoint(url: string, base: string | null): string {
  const address = new URL(url, base ?? undefined);
  address.protocol = address.protocol.replace("ws", "http");
  return `${address.origin}${address.pathname}`;
}

/** Here is the way to a full state, at or above the version that the replica has. */
export function snapshotAddress(endpoint: string, has: Position | null): string {
  return `${endpoint}/snapshot${has === null || has.version === 0 ? "" : `?atLeast=${has.version}`}`;
}

/** Here is what follows a position: as one answer, `t`, or as a stream of events, `live`. */
export function followAddress(endpoint: string, type: "t" | "live", position: Position, query: string): string {
  const { space, epoch, version } = position;
  return `${endpoint}/${type}/${encodeURIComponent(space)}/${encodeURIComponent(epoch)}/${version}${query}`;
}
