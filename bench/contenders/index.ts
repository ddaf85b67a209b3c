/** These are the contenders that need no installation: the engine, the floors, and bare parts of the runtime. */

import type { ContenderEntry } from "../harness/contender.ts";

const FLOORS = { kind: "floor", server: "contenders/floors.ts", client: "contenders/json-dialect.ts" } as const;
const ENGINE = { kind: "engine", server: "contenders/engine.ts", client: "contenders/engine-dialect.ts" } as const;

export const floorA: ContenderEntry = {
  ...FLOORS,
  name: "floor-a",
  label: "hand-written `ws`, one by one",
  variant: "one-by-one",
};
export const floorB: ContenderEntry = {
  ...FLOORS,
  name: "floor-b",
  label: "hand-written `ws`, one frame a turn",
  variant: "per-turn",
};
export const floorGzipped: ContenderEntry = {
  ...FLOORS,
  name: "floor-gzipped",
  label: "hand-written `ws`, pre-gzipped state",
  variant: "gzipped",
};
/** Its variant says how many changes go into one commit. */
export const bareSqlite: ContenderEntry = {
  name: "bare-sqlite",
  label: "bare `node:sqlite`",
  kind: "floor",
  server: "contenders/bare-sqlite.ts",
  client: "",
};
/** This one is measured in W9 only. */
export const bareMap: ContenderEntry = {
  name: "bare-map",
  label: "bare `Map`, nothing stored",
  kind: "floor",
  server: "contenders/bare-map.ts",
  client: "",
};
export const bareWs: ContenderEntry = {
  ...FLOORS,
  server: "contenders/bare-ws.ts",
  name: "bare-ws",
  label: "bare `ws`",
};
export const engineMemory: ContenderEntry = {
  ...ENGINE,
  name: "engine-memory",
  label: "Neverstale, in memory",
  variant: "memory",
};
export const engineDurable: ContenderEntry = {
  ...ENGINE,
  name: "engine-durable",
  label: "Neverstale, durable",
  variant: "durable",
};
/** This one is measured in W11 only. */
export const enginePostgres: ContenderEntry = {
  ...ENGINE,
  name: "engine-postgres",
  label: "Neverstale, on PostgreSQL",
  variant: "postgres",
};
/** These are measured in W12 only. */
const NODES = { kind: "engine", server: "contenders/nodes.ts", client: "contenders/engine-dialect.ts" } as const;
export const oneNode: ContenderEntry = { ...NODES, name: "one-node", label: "Neverstale, one node", variant: "one" };
export const nodesForwarding: ContenderEntry = {
  ...NODES,
  name: "nodes-forwarding",
  label: "Neverstale, three nodes, asked at one that does not decide",
  variant: "forwarding",
};
export const nodesFollowing: ContenderEntry = {
  ...NODES,
  name: "nodes-following",
  label: "Neverstale, three nodes, clients at one that does not decide",
  variant: "following",
};
/** These are measured in W13 only. */
const VIEWED = { kind: "engine", server: "contenders/viewed.ts", client: "contenders/engine-dialect.ts" } as const;
export const viewsDeclared: ContenderEntry = {
  ...VIEWED,
  name: "views-declared",
  label: "Neverstale, durable, views declared, one followed",
  variant: "1",
};
export const tenViews: ContenderEntry = {
  ...VIEWED,
  name: "ten-views",
  label: "Neverstale, durable, ten views followed",
  variant: "10",
};
/** This is tldraw's room on its SQLite storage. It is measured in W6 only. */
export const tldrawDurable: ContenderEntry = {
  name: "tldraw-durable",
  label: "tldraw sync-core, SQLite",
  kind: "peer",
  server: "peers/tldraw/server.ts",
  client: "peers/tldraw/client.ts",
  variant: "durable",
};
