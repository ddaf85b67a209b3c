/** A control group of Linux (version 2) holds a command with all that it starts: nothing leaves it by itself. */

import * as fs from "node:fs";
import { join } from "node:path";
import { groupPathOf } from "../../machine/control-group.ts";

/** Where the system lets this process make none, all of it does nothing. The agent's unit for systemd allows it. */
export class ControlGroup {
  readonly #parent: string | null;
  readonly #path: string | null;

  /** `name` is that of a folder below the group that this process is in. */
  constructor(name: string) {
    this.#parent = ownGroup();
    this.#path = this.#parent === null ? null : join(this.#parent, name);
  }

  /** This process is in the group while `start` runs, so that what is started there begins in it. */
  around<T>(start: () => T): T {
    const [parent, path] = [this.#parent, this.#path];
    if (parent === null || path === null || !done(() => fs.mkdirSync(path)) || !enter(path)) return start();
    try {
      return start();
    } finally {
      enter(parent);
    }
  }

  members(): number[] {
    if (this.#path === null) return [];
    return (textOf(join(this.#path, "cgroup.procs")) ?? "").split("\n").filter(Boolean).map(Number);
  }

  /** It also ends what is in groups below it. A process that could not go back out of it must not end itself. */
  kill(): void {
    const path = this.#path;
    if (path !== null && !this.members().includes(process.pid))
      done(() => fs.writeFileSync(join(path, "cgroup.kill"), "1"));
  }

  remove(): void {
    const path = this.#path;
    if (path !== null) done(() => fs.rmdirSync(path));
  }
}

/** Returns the folder of the group that this process is in, or null where there is none. */
function ownGroup(): string | null {
  const path = groupPathOf(textOf("/proc/self/cgroup") ?? "");
  const mounted = / (\/\S+) \S+( \S+)* - cgroup2 /.exec(textOf("/proc/self/mountinfo") ?? "")?.[1];
  return path === null || mounted === undefined ? null : join(mounted, path);
}

function enter(path: string): boolean {
  return done(() => fs.writeFileSync(join(path, "cgroup.procs"), String(process.pid)));
}

function done(act: () => void): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}

function textOf(path: string): string | null {
  try {
    return fs.readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
