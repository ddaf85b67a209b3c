/** A script that mounts something runs in a mount namespace of its own. */

import { spawnSync } from "node:child_process";
import { CannotRun } from "./fault.ts";

const MARK = "NEVERSTALE_OWN_MOUNTS";

/**
 * Runs this very script again in its own namespace, as root or as root of a user namespace, and ends this process with its exit
 * code. It returns only in the process that runs in the namespace.
 */
export function inOwnMounts(needsRoot: boolean): void {
  if (process.env[MARK] === "1") return;
  const asRoot = process.getuid?.() === 0;
  const remedy = "run it as root, outside of a container";
  if (needsRoot && !asRoot) throw new CannotRun("only root may mount a file system from a file", remedy);
  const unshare = ["unshare", ...(asRoot ? [] : ["-Ur"]), "-m", "--propagation", "private"] as const;
  if (spawnSync(unshare[0], [...unshare.slice(1), "true"]).status !== 0)
    throw new CannotRun("no mount namespace can be made", remedy);
  const [, ...args] = process.argv;
  const { status } = spawnSync(unshare[0], [...unshare.slice(1), process.execPath, ...process.execArgv, ...args], {
    env: { ...process.env, [MARK]: "1" },
    stdio: "inherit",
  });
  process.exit(status ?? 1);
}
