/** A user of this machine is found by the name that an op's file gives. */

import { spawnSync } from "node:child_process";
import type { UserLookup } from "../plan.ts";

export const lookUpUser: UserLookup = (name) => {
  const [uid, gid] = [idOf("-u", name), idOf("-g", name)];
  if (uid === null || gid === null) return { problem: `this host has no user ${name}` };
  const own = process.getuid?.();
  if (own === uid) return { user: null };
  return own === 0
    ? { user: { uid, gid } }
    : { problem: `the agent can't switch to the user ${name}: it doesn't run as root` };
};

function idOf(which: "-u" | "-g", name: string): number | null {
  const { status, stdout } = spawnSync("id", [which, "--", name], { encoding: "utf8", timeout: 5_000 });
  const id = stdout?.trim() ?? "";
  return status === 0 && /^\d+$/.test(id) ? Number(id) : null;
}
