/** The agent has a user of its own, who owns nothing but its data. */

import { spawnSync } from "node:child_process";
import { chownSync, lchownSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { lookUpUser } from "../../policy/io/users.ts";

/** Makes the user when there is none. Throws when that can't be done. */
export function makeUser(name: string, home: string): void {
  if ("user" in lookUpUser(name)) return;
  const args = [
    "--system",
    "--user-group",
    "--no-create-home",
    ...["--home-dir", home, "--shell", "/usr/sbin/nologin", name],
  ];
  const { status, error, stderr } = spawnSync("useradd", args, { encoding: "utf8" });
  if (status !== 0)
    throw new Error(`the user ${name} can't be made: ${error?.message ?? stderr.trim()}. Give one with --user.`);
}

/**
 * Gives a folder of root's to the user, with all that is in it. One that is the user's already is left as it is: he may have put links
 * there, and root must not follow them.
 */
export function giveTo(name: string, folder: string): void {
  const user = idsOf(name);
  if (user === null || lstatSync(folder).uid !== 0) return;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    lchownSync(join(entry.parentPath, entry.name), user.uid, user.gid);
  chownSync(folder, user.uid, user.gid);
}

/**
 * Works as this user for a while, so that what is written in the user's folder is written with his rights alone. This process is root,
 * or that user, or `name` is null: then it works as it is. Nothing else may run in this process meanwhile.
 */
export async function runAs<T>(name: string | null, work: () => T | Promise<T>): Promise<T> {
  const user = name === null ? null : idsOf(name);
  const { setgroups, setegid, seteuid, getgroups } = process;
  if (user === null || !setgroups || !setegid || !seteuid || !getgroups) return await work();
  const groups = getgroups();
  setgroups([user.gid]);
  setegid(user.gid);
  seteuid(user.uid);
  try {
    return await work();
  } finally {
    seteuid(0);
    setegid(0);
    setgroups(groups);
  }
}

/** Null means that the user is the one of this process. */
function idsOf(name: string): { readonly uid: number; readonly gid: number } | null {
  const found = lookUpUser(name);
  if (!("user" in found)) throw new Error(found.problem);
  return found.user;
}
