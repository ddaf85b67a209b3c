/** The agent's package is shipped with a version, with scripts for ops, and with an agent file for hosts that have none. */

import { fileURLToPath } from "node:url";
import { packageVersion } from "@neverstale/base/node";
import type { Places } from "../policy/argv.ts";

export const AGENT_VERSION = packageVersion(new URL("../../package.json", import.meta.url));

/** This file counts on a host that has none of its own. */
export const SHIPPED_AGENT_FILE = fileURLToPath(new URL("../../agent.yaml", import.meta.url));

/** The program that runs lies in this folder. */
export const PROGRAM_FOLDER = fileURLToPath(new URL("../..", import.meta.url));

export const PLACES: Places = {
  node: process.execPath,
  shipped: fileURLToPath(new URL("../../ops", import.meta.url)),
};
