/** The place where queues are kept is a small table of a browser, with locks that end with the page that holds them (rule U19). */

import type { JsonValue } from "@neverstale/protocol";

export interface QueuePlace {
  /**
   * Calls `decide` with all lines that are kept, and with what was asked for on them where it is to be `whole`. It carries out what that
   * returns, all in one transaction. When it rejects, nothing was done.
   */
  transact(decide: (found: FoundLines) => LinesStep, whole: boolean): Promise<void>;
  /**
   * Resolves with what gives the lock of this name back, or with null where another page holds it for longer than `waitMs`. With null it
   * waits for as long as it takes.
   */
  lock(name: string, waitMs: number | null): Promise<(() => void) | null>;
  /** It remembers lines of this tab over a reload, for those of one user at one address. */
  remember(scope: string, lines: readonly string[]): void;
  remembered(scope: string): readonly string[];
  /** It remembers at once, over a reload as well, that all lines of this user must be deleted. */
  doom(user: string): void;
  doomed(): readonly string[];
  spare(users: readonly string[]): void;
  /** Tells the other pages of this browser that a user has dropped what was asked for. */
  tell(user: string): void;
  hear(told: (user: string) => void): void;
}

/** It is known of a line whose mutations wait. */
export interface KeptLine {
  readonly line: string;
  readonly user: string;
  /** It says where its mutations are posted, and over what they are shown. */
  readonly address: string;
  /** The newest of its mutations was asked for when the wall clock said this. */
  readonly at: number;
  /** The page knew what became of all up to this number. */
  readonly settled: number;
  /** All up to this number may have been sent. */
  readonly sent: number;
  readonly count: number;
  /** The arguments of all that wait have so many bytes. */
  readonly bytes: number;
}

/** A mutation that waits is kept like this. */
export interface KeptMutation {
  readonly line: string;
  readonly n: number;
  readonly name: string;
  readonly revision: number;
  readonly args: JsonValue;
  readonly at: number;
  readonly now: number;
  readonly bytes: number;
  readonly isOptimistic: boolean;
}

export interface FoundLines {
  /** It counts for each user how often all was dropped. */
  readonly eras: Readonly<Record<string, number>>;
  readonly lines: readonly KeptLine[];
  readonly mutations: readonly KeptMutation[];
}

export interface LinesStep {
  readonly eras?: Readonly<Record<string, number>>;
  /** These lines are deleted, with all that was asked for on them. */
  readonly drop?: readonly string[];
  readonly write?: readonly LineWriting[];
}

export interface LineWriting {
  readonly line: KeptLine;
  readonly put: readonly KeptMutation[];
  /** The mutations of these numbers are deleted. */
  readonly remove: readonly number[];
}
