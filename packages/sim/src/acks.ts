import type { Applied } from "@neverstale/server";
import type { Disk } from "./disk.ts";
import type { Branch, Moment, Report } from "./oracle.ts";

interface Ack {
  readonly space: string;
  readonly creationId: string;
  readonly moment: Moment;
}

/** What the authority has said is done (promise P3): it is durable at that moment, and stays so until a restore. */
export class Acks {
  readonly #report: Report;
  readonly #disk: () => Disk;
  #acks: Ack[] = [];

  constructor(report: Report, disk: () => Disk) {
    this.#report = report;
    this.#disk = disk;
  }

  /** A call has resolved. */
  note(applied: Applied, key: string | null = null): void {
    const { branch } = this.#disk();
    for (const [space, version] of Object.entries(applied.versions)) {
      const history = branch.spaces.get(space);
      const moment = history?.moments[version];
      // A space that the same group or a later one removed has no such version any more.
      if (history === undefined || (space !== "main" && branch.removedAt.has(space))) continue;
      if (moment === undefined) this.#report("P3", `${space} ${version} is acknowledged, and not durable`);
      else this.#acks.push({ space, creationId: history.creationId, moment });
    }
    if (key !== null) this.#checkKey(branch, applied, key);
  }

  /** Rule D1: the effect of the key is in the history by the version that the answer names. */
  #checkKey(branch: Branch, { version, replayed }: Applied, key: string): void {
    const main = branch.spaces.get("main");
    if (!key.includes("/api/dispatch") || main === undefined) return;
    if (version > main.head.version) this.#report("P3", `main ${version} is acknowledged, and not durable`);
    if (main.startedUnder(key, version) === 1) return;
    this.#report("D1", `${replayed ? "a repeat of" : ""} ${key} is said to be done at ${version}, and is not`);
  }

  /** The store has been opened again. */
  recovered(branch: Branch): void {
    for (const { space, creationId, moment } of this.#acks) {
      const history = branch.spaces.get(space);
      if (history?.creationId !== creationId && space !== "main") continue; // Removed since, which was durable too.
      if (history?.moments[moment.version] !== moment)
        this.#report("P3", `${space} ${moment.version} was acknowledged, and is lost`);
    }
  }

  /** An older image has taken the place of what was there: what it doesn't hold may be lost. */
  restored(branch: Branch): void {
    this.#acks = this.#acks.filter(({ space, creationId, moment }) => {
      const history = branch.spaces.get(space);
      return history?.creationId === creationId && history.moments[moment.version] === moment;
    });
  }
}
