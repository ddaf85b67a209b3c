/** Peers are the products with which the engine is compared. */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
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

/** They send frames and know nothing of states, and are measured in W14 only: the most that a runtime or a broker does. */
export const SENDERS: readonly ContenderEntry[] = [
  peer("bun", "Bun's WebSocket, one frame a turn"),
  peer("nats", "nats-server's WebSocket"),
];

/** Bun comes with `npm ci` in bench/peers, and nats-server is a package of the system. */
export function installedSenders(wanted: "all" | readonly string[]): readonly ContenderEntry[] {
  const program = BUN.find((path) => existsSync(path));
  const hasBroker = spawnSync("nats-server", ["--version"]).status === 0;
  return SENDERS.filter(({ name }) => wanted === "all" || wanted.includes(name)).flatMap((sender) => {
    if (sender.name === "nats") return hasBroker ? [sender] : [];
    return program === undefined ? [] : [{ ...sender, program }];
  });
}

const BUN = ["x64", "aarch64"].map((machine) =>
  fileURLToPath(new URL(`../peers/node_modules/@oven/bun-linux-${machine}/bin/bun`, import.meta.url)),
);

/** It returns the peers that are wanted and installed (`npm ci` in bench/peers). It throws when a named peer does not exist. */
export function installedPeers(wanted: "all" | readonly string[]): readonly ContenderEntry[] {
  if (wanted !== "all")
    for (const name of wanted)
      if (![...PEERS, ...SENDERS].some((known) => known.name === name)) throw new Error(`no peer "${name}"`);
  const chosen = PEERS.filter((known) => wanted === "all" || wanted.includes(known.name));
  if (chosen.length === 0) return [];
  if (!existsSync(new URL("../peers/node_modules/", import.meta.url))) {
    console.error("The peers are not installed, so they are left out: run `npm ci` in bench/peers, or say --no-peers.");
    return [];
  }
  return chosen.filter((known) => existsSync(new URL(`../${known.server}`, import.meta.url)));
}
