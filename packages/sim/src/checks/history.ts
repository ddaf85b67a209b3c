/** A history is what one disk image holds of a space, moment by moment, as the oracle understands it. */

import type { Change, StateRecord } from "@neverstale/protocol";
import type { Models } from "../plan/releases.ts";

/** It is the history of one creation of a space. The moment of a version is `moments[version]`. */
export class History {
  readonly name: string;
  readonly creationId: string;
  readonly moments: HistoryMoment[];
  readonly madeAt: number;

  constructor(name: string, creationId: string, moments: readonly HistoryMoment[], madeAt: number) {
    this.name = name;
    this.creationId = creationId;
    this.moments = [...moments];
    this.madeAt = madeAt;
  }

  get head(): HistoryMoment {
    return this.moments[this.moments.length - 1] as HistoryMoment;
  }

  /** It counts how often what was asked for under a key took effect. */
  effectsUnder(key: string, upTo: number): number {
    let count = 0;
    for (let version = 1; version <= upTo; version += 1) if (this.moments[version]?.key === key) count += 1;
    return count;
  }
}

/**
 * A moment is the state of a space at one version, with the change that led there. All histories share the same object.
 */
export interface HistoryMoment {
  readonly version: number;
  readonly state: OracleState;
  /** A group ends here. Only then may anybody but a plain client stand here (rule S5). */
  readonly whole: boolean;
  /** It became durable at this time. */
  readonly at: number;
  /** This effective change led here. It is null when the space had just been made. */
  readonly change: Change | null;
  /** This change was asked for under this idempotency key. */
  readonly key: string | null;
  /** Its records have their keys as releases of this kind give them (rule V1), and not always as the one that wrote it does. */
  readonly keysBy: number;
}

/** A branch is all that one disk image holds. */
export class Branch {
  readonly spaces = new Map<string, History>();
  /** A space of the name was last removed at this time. */
  readonly removedAt = new Map<string, number>();
  /** These spaces have ended. They stand by creation id. */
  readonly ended = new Map<string, EndedHistory>();
  /** This epoch is the newest one in it. */
  epoch: string | null = null;

  /** It is true when a space of the name was removed at that moment or later. */
  removedSince(name: string, at: number): boolean {
    return (this.removedAt.get(name) ?? Number.NEGATIVE_INFINITY) >= at;
  }

  /** It returns a copy that goes its own way. */
  fork(): Branch {
    const fork = new Branch();
    fork.epoch = this.epoch;
    for (const [name, { creationId, moments, madeAt }] of this.spaces) {
      fork.spaces.set(name, new History(name, creationId, moments, madeAt));
    }
    for (const [name, at] of this.removedAt) fork.removedAt.set(name, at);
    for (const [creationId, ended] of this.ended) fork.ended.set(creationId, ended);
    return fork;
  }
}

/** A space that has ended is remembered with what it left. */
export interface EndedHistory {
  readonly name: string;
  readonly archived: boolean;
  /** It held these records in the end. */
  readonly held: readonly HeldRecord[];
}

export interface HeldRecord {
  readonly collection: string;
  readonly record: StateRecord;
}

export type Report = (rule: string, message: string) => void;

/** A collection that was not declared yet has no records. */
export const NO_RECORDS: OracleRecords = new Map();

export type OracleRecords = ReadonlyMap<string, StateRecord>;
export type OracleState = Readonly<Record<string, OracleRecords>>;

/** These facts say when a group became durable, and which release wrote it. */
export interface CommitFacts {
  readonly epoch: string;
  readonly now: number;
  readonly models: Models;
}
