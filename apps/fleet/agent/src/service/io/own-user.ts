/** The agent has a user of its own, who owns nothing but its data. */

import { spawnSync } from "node:child_process";
import { chownSync, lchownSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { lookUpUser } from "../../policy/io/users.ts";

/** Makes the user when there is none. Throws when that can't be done. */
export function makeUser(name: string, home: string): void {
  if ("user" in lookUpUser(name)) return;
  const args = [
    "--system",
    "--user-group",
    "--home-dir",
    home,
    "--no-create-home",
    "--shell",
    "/usr/sbin/nologin",
    name,
  ];
  const { status, error, stderr } = spawnSync("useradd", args, { encoding: "utf8" });
  if (status !== 0)
    throw new Error(`the user ${name} can't be made: ${error?.message ?? stderr.trim()}. Give one with --user.`);
}

/** Gives the folder with all that is in it to the user. Links are given, not what they lead to. */
export function giveTo(name: string, folder: string): void {
  const found = lookUpUser(name);
  if (!("user" in found)) throw new Error(found.problem);
  if (found.user === null) return; // It is the user of this process.
  const { uid, gid } = found.user;
  chownSync(folder, uid, gid);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    lchownSync(join(entry.parentPath, entry.name), uid, gid);
}
