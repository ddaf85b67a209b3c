import type { Change, StateRecord } from "@neverstale/protocol";
import type { Models } from "../plan/releases.ts";

export type Report = (rule: string, message: string) => void;

/** Of a collection that was not declared yet. */
export const NO_RECORDS: Records = new Map();

export type Records = ReadonlyMap<string, StateRecord>;
export type OracleState = Readonly<Record<string, Records>>;

/** The state of a space at one version, and the change that led there. One object through all histories it is part of. */
export interface HistoryMoment {
  readonly version: number;
  readonly state: OracleState;
  /** Whether a group ends here: only then may anybody but a plain client stand here (rule S5). */
  readonly whole: boolean;
  /** When it became durable. */
  readonly at: number;
  /** The effective change that led here; null: the space had just been made. */
  readonly change: Change | null;
  /** The idempotency key under which this change was asked for. */
  readonly key: string | null;
}

/** One creation of a space: `moments[version]`. */
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

  /** How often what was asked for under a key took effect. */
  effectsUnder(key: string, upTo: number): number {
    let count = 0;
    for (let version = 1; version <= upTo; version += 1) if (this.moments[version]?.key === key) count += 1;
    return count;
  }
}

/** When a group became durable, and which release wrote it. */
export interface CommitFacts {
  readonly epoch: string;
  readonly now: number;
  readonly models: Models;
}

/** What one disk image holds, as the oracle understands it. */
export class Branch {
  readonly spaces = new Map<string, History>();
  /** When a space of the name was last removed. */
  readonly removedAt = new Map<string, number>();

  /** Whether a space of the name was removed at that moment or later. */
  removedSince(name: string, at: number): boolean {
    return (this.removedAt.get(name) ?? Number.NEGATIVE_INFINITY) >= at;
  }

  /** A copy that goes its own way. */
  fork(): Branch {
    const fork = new Branch();
    for (const [name, { creationId, moments, madeAt }] of this.spaces) {
      fork.spaces.set(name, new History(name, creationId, moments, madeAt));
    }
    for (const [name, at] of this.removedAt) fork.removedAt.set(name, at);
    return fork;
  }
}
