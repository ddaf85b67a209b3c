/** The account of the user that a command runs as gives the command a part of its environment. */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";

/** Returns HOME, USER, LOGNAME and SHELL. Null as `uid` means the user of this process. */
export function accountEnv(uid: number | null): Record<string, string> {
  const account = uid === null || uid === process.getuid?.() ? ownAccount() : passwdAccount(uid);
  if (account === null) return { HOME: "/" }; // Containers have user numbers without a name.
  const { name, home, shell } = account;
  return { HOME: home === "" ? "/" : home, USER: name, LOGNAME: name, SHELL: shell === "" ? "/bin/sh" : shell };
}

interface Account {
  readonly name: string;
  readonly home: string;
  readonly shell: string;
}

function ownAccount(): Account | null {
  try {
    const { username, homedir, shell } = userInfo();
    return { name: username, home: homedir, shell: shell ?? "" };
  } catch {
    return null;
  }
}

/** Asks where this system looks its users up. A system without `getent` has a file. */
function passwdAccount(uid: number): Account | null {
  const [program, ...args] = process.platform === "darwin" ? ["id", "-P"] : ["getent", "passwd"];
  const options = { encoding: "utf8", timeout: 5_000, env: { PATH: "/usr/bin:/bin" } } as const;
  const { status, stdout } = spawnSync(program ?? "", [...args, String(uid)], options);
  return (status === 0 ? accountIn(stdout, uid) : null) ?? accountIn(passwdFile(), uid);
}

function passwdFile(): string {
  try {
    return readFileSync("/etc/passwd", "utf8");
  } catch {
    return "";
  }
}

/** Each line is `name:password:uid:…:home:shell`. */
export function accountIn(passwd: string, uid: number): Account | null {
  for (const line of passwd.split("\n")) {
    const fields = line.split(":");
    const [name = "", , id] = fields;
    if (fields.length >= 7 && id === String(uid) && name !== "")
      return { name, home: fields.at(-2) ?? "", shell: fields.at(-1) ?? "" };
  }
  return null;
}
