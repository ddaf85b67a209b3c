/** The server hands out the Node.js that it runs on itself, and those that its administrator has put in its data directory. */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** They stand by the kind of machine that they run on, such as `linux-x64`. */
export function nodesToHandOut(dataDir: string): ReadonlyMap<string, string> {
  const folder = join(dataDir, NODES);
  const nodes = new Map<string, string>();
  if (standsAlone()) nodes.set(`${process.platform}-${process.arch}`, process.execPath);
  for (const name of existsSync(folder) ? readdirSync(folder).sort() : [])
    if (/^(linux|darwin)-(x64|arm64)$/.test(name)) nodes.set(name, join(folder, name));
  return nodes;
}

/** The administrator puts them there, as `linux-arm64`. */
const NODES = "agent-nodes";

/** The Node.js of a distribution needs libraries of that distribution. Node's own builds bring all but those of the C language. */
function standsAlone(): boolean {
  const shared = Object.entries(process.config.variables).filter(([name]) => /^node_shared(_|$)/.test(name));
  return /^(linux|darwin)$/.test(process.platform) && shared.every(([, value]) => value === false || value === "false");
}
