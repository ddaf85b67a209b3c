/** Acks hold the authority to what it has said is done. */

import { RECORD_EVICTED } from "@neverstale/protocol";
import type { Applied } from "@neverstale/server";
import type { Disk } from "../store/disk.ts";
import { type AskedChanges, Removals, withoutNulls } from "./asked.ts";
import type { Branch, History, HistoryMoment, Report } from "./history.ts";
import { reduce } from "./oracle.ts";
import { difference } from "./same-state.ts";

/**
 * Whatever is acknowledged is durable at that moment, it is what was asked for (rule S1), and it stays until a restore
 * (promise P3).
 */
export class Acks {
  readonly #report: Report;
  readonly #disk: () => Disk;
  readonly removals = new Removals();
  #acks: Ack[] = [];

  constructor(report: Report, disk: () => Disk) {
    this.#report = report;
    this.#disk = disk;
  }

  /** A call has resolved. */
  note(applied: Applied, asked: AskedChanges, key: string | null): void {
    const { branch } = this.#disk();
    for (const [space, version] of Object.entries(applied.versions)) {
      const history = branch.spaces.get(space);
      if (this.removals.isRemovedAfter(asked.decision, space)) continue;
      const moment = history?.moments[version];
      if (history === undefined || moment === undefined) {
        this.#report("P3", `${space} ${version} is acknowledged, and not durable`);
        continue;
      }
      this.#checkContent(history, version, asked);
      this.#acks.push({ space, creationId: history.creationId, moment });
    }
    if (key !== null) this.#checkKey(branch, applied, key);
  }

  /** By rule S1 each change took effect as the log before it and the words of the caller have it. */
  #checkContent(history: History, version: number, asked: AskedChanges): void {
    const changes = asked.bySpace.get(history.name) ?? [];
    const moments = lastWithoutEvictions(history, version, changes.length);
    if (moments.length < changes.length)
      return this.#report("S1", `${history.name} has ${moments.length} of ${changes.length} changes at ${version}`);
    for (const [index, { type, target, data }] of changes.entries()) {
      const moment = moments[index] as HistoryMoment;
      const before = history.moments[moment.version - 1] as HistoryMoment;
      const isPut = asked.models.of(history.name).changes[type]?.kind === "put";
      const change = { type, target, data: isPut ? withoutNulls(data) : data };
      const where = difference(moment.state, reduce(asked.models.of(history.name), before.state, change));
      const at = `${history.name} ${moment.version}`;
      if (where !== null) this.#report("S1", `${at} is acknowledged as ${JSON.stringify(change)}, and has ${where}`);
    }
  }

  /** By rule D1 the effect of the key is in the history by the version that the answer names. */
  #checkKey(branch: Branch, { version, replayed }: Applied, key: string): void {
    const main = branch.spaces.get("main");
    if (main === undefined) return;
    if (version > main.head.version) this.#report("P3", `main ${version} is acknowledged, and not durable`);
    if (main.effectsUnder(key, version) === 1) return;
    this.#report("D1", `${replayed ? "a repeat of" : ""} ${key} is said to be done at ${version}, and is not`);
  }

  /** The store has been opened again. */
  recovered(branch: Branch): void {
    for (const { space, creationId, moment } of this.#acks) {
      const history = branch.spaces.get(space);
      if (history?.creationId !== creationId && branch.removedSince(space, moment.at)) continue;
      if (history?.creationId !== creationId || history.moments[moment.version] !== moment)
        this.#report("P3", `${space} ${moment.version} was acknowledged, and is lost`);
    }
  }

  /** An older image has taken the place of what was there. What it doesn't hold may be lost. */
  restored(branch: Branch): void {
    this.#acks = this.#acks.filter(({ space, creationId, moment }) => {
      const history = branch.spaces.get(space);
      return history?.creationId === creationId && history.moments[moment.version] === moment;
    });
  }
}

interface Ack {
  readonly space: string;
  readonly creationId: string;
  readonly moment: HistoryMoment;
}

/**
 * It returns the last `count` moments up to a version, in order. What the authority evicts meanwhile doesn't count
 * (rule S3).
 */
function lastWithoutEvictions(history: History, version: number, count: number): readonly HistoryMoment[] {
  const moments: HistoryMoment[] = [];
  for (let at = version; at > 0 && moments.length < count; at -= 1) {
    const moment = history.moments[at] as HistoryMoment;
    if (moment.change?.type !== RECORD_EVICTED) moments.push(moment);
  }
  return moments.reverse();
}
