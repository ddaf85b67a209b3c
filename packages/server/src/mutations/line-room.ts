/** The lines are bounded: those of each user, and all together (rule U9b). */

import { type Change, SyncError, timeOfLine } from "@neverstale/protocol";
import type { LineRow, Lines } from "./lines-space.ts";

/** A user has so many lines at most. Each page that mutates has one. */
const LINES_PER_USER = 256;
/** So many lines are kept in all. */
const LINES = 100_000;
/** A line that was used within this time is never dropped. */
const KEPT_MS = 24 * 3_600_000;
/** A line that was not used for this time goes. */
const UNUSED_MS = 30 * 24 * 3_600_000;
/** A new line makes room by dropping so many at most, so that no decision takes long. */
const DROPPED_AT_ONCE = 8;

/** Among so many of the lines that were used last it looks for those. */
const LOOKS = 64;

/**
 * All that was named by the time at which a dropped line was named is never begun again. So one that says that it was named later than now
 * stays: no others can be named after it yet.
 */
function mayGo(line: string, now: number): boolean {
  return timeOfLine(line) <= now;
}

/** It knows the lines in the order of their last use, so that making room costs nothing that grows with their number. */
export class LineRoom {
  readonly #byUse = new Map<string, Use>();
  readonly #byUser = new Map<string, Set<string>>();
  #isKnown = false;

  /** Nothing of what it knows counts any more: the committed lines are others. */
  forget(): void {
    this.#isKnown = false;
    this.#byUse.clear();
    this.#byUser.clear();
  }

  /** It takes in what was committed to the space of the lines. */
  committed(changes: readonly Change[]): void {
    if (!this.#isKnown) return;
    for (const { type, target, data } of changes) {
      const { user = this.#byUse.get(target)?.user, usedAt } = data as Partial<LineRow>;
      if (type === "line_dropped") this.#dropped(target);
      else if (user !== undefined && usedAt !== undefined) this.#used({ id: target, user, usedAt });
    }
  }

  /**
   * It returns the lines that are dropped for a new one of this user. It throws `too_many_requests` where none may go. Lines that are
   * begun in one group are counted after it, so there may be a few more for a moment.
   */
  roomFor(user: string, committed: Lines, now: number): readonly string[] {
    if (!this.#isKnown) this.#read(committed);
    const own = this.#byUser.get(user) ?? NONE;
    const gone = new Set<string>();
    if (own.size >= LINES_PER_USER) gone.add(this.#oldest(own, now));
    let looks = LOOKS;
    for (const [line, { usedAt }] of this.#byUse) {
      if (gone.size >= DROPPED_AT_ONCE || now - usedAt <= UNUSED_MS || looks-- === 0) break;
      if (mayGo(line, now)) gone.add(line);
    }
    if (this.#byUse.size - gone.size >= LINES) gone.add(this.#oldest(this.#byUse.keys(), now));
    return [...gone];
  }

  #read(committed: Lines): void {
    this.#isKnown = true;
    for (const row of [...committed.values()].sort((a, b) => a.usedAt - b.usedAt)) this.#used(row);
  }

  #oldest(lines: Iterable<string>, now: number): string {
    for (const line of lines) {
      if (!mayGo(line, now)) continue;
      const usedAt = this.#byUse.get(line)?.usedAt ?? now;
      if (now - usedAt < KEPT_MS) break;
      return line;
    }
    throw tooMany();
  }

  /** A line has moved, and is the one that was used last. */
  #used({ id, user, usedAt }: Pick<LineRow, "id" | "user" | "usedAt">): void {
    this.#dropped(id);
    this.#byUse.set(id, { user, usedAt });
    const own = this.#byUser.get(user) ?? new Set();
    this.#byUser.set(user, own.add(id));
  }

  #dropped(id: string): void {
    const user = this.#byUse.get(id)?.user;
    if (user === undefined) return;
    this.#byUse.delete(id);
    const own = this.#byUser.get(user);
    own?.delete(id);
    if (own?.size === 0) this.#byUser.delete(user);
  }
}

const NONE: ReadonlySet<string> = new Set();

interface Use {
  readonly user: string;
  readonly usedAt: number;
}

function tooMany(): SyncError {
  return new SyncError("too_many_requests", "there are as many lines of mutations as are kept", {
    hint: "All of them were used within a day. Close pages that are not needed, or try again later.",
    retryAfterMs: 60_000,
  });
}
