/** Peers are the products with which the engine is compared. */

import { existsSync } from "node:fs";
import type { ContenderEntry } from "../harness/contender.ts";

const peer = (name: string, label: string): ContenderEntry => ({
  name,
  label,
  kind: "peer",
  server: `peers/${name}/server.ts`,
  client: `peers/${name}/client.ts`,
});

/** These are all peers that have an entry, installed or not. */
export const PEERS: readonly ContenderEntry[] = [
  peer("socket-io", "Socket.IO"),
  peer("colyseus", "Colyseus"),
  peer("tldraw", "tldraw sync-core"),
  peer("sharedb", "ShareDB"),
  peer("hocuspocus", "Hocuspocus (Yjs)"),
  peer("tinybase", "TinyBase"),
  peer("deepstream", "deepstream"),
];

/** It returns the peers that are wanted and installed (`npm ci` in bench/peers). It throws when a named peer does not exist. */
export function installedPeers(wanted: "all" | readonly string[]): readonly ContenderEntry[] {
  if (wanted !== "all")
    for (const name of wanted) if (!PEERS.some((known) => known.name === name)) throw new Error(`no peer "${name}"`);
  const chosen = PEERS.filter((known) => wanted === "all" || wanted.includes(known.name));
  if (chosen.length === 0) return [];
  if (!existsSync(new URL("../peers/node_modules/", import.meta.url))) {
    console.error("The peers are not installed, so they are left out: run `npm ci` in bench/peers, or say --no-peers.");
    return [];
  }
  return chosen.filter((known) => existsSync(new URL(`../${known.server}`, import.meta.url)));
}
