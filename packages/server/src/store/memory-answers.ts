/** The memory answers are the answers of the store in memory, in the order in which they were given. */

import type { AnswerQuery, StoredAnswer } from "./contract.ts";
import { findAnswer } from "./find-answer.ts";
import { charsOf, KeptAnswers } from "./kept-answers.ts";
import type { Retention } from "./retention.ts";

export class MemoryAnswers {
  readonly #answers = new Map<string, StoredAnswer>();
  readonly #kept: KeptAnswers;
  readonly #expired: Map<string | null, number>;
  readonly #retention: Retention;

  constructor(answers: readonly StoredAnswer[], expired: ExpiredKeys, retention: Retention) {
    this.#kept = new KeptAnswers([], retention);
    this.#expired = new Map(expired);
    this.#retention = retention;
    for (const answer of answers) this.add(answer);
  }

  get count(): number {
    return this.#kept.count;
  }

  get chars(): number {
    return this.#kept.chars;
  }

  all(): StoredAnswer[] {
    return [...this.#answers.values()];
  }

  expired(): ExpiredKeys {
    return [...this.#expired];
  }

  /** An answer under a key that is there already moves to the end. */
  add(answer: StoredAnswer): void {
    this.#drop(answer.key);
    this.#answers.set(answer.key, answer);
    this.#kept.add({ owner: answer.owner, chars: charsOf(answer) });
  }

  find(query: AnswerQuery, oldestAt: number): StoredAnswer | "expired" | null {
    const times = [this.#expired.get(query.owner), this.#expired.get(null)].filter((time) => time !== undefined);
    const expiredUpTo = times.length === 0 ? null : Math.max(...times);
    return findAnswer(query, this.#answers.get(query.key) ?? null, oldestAt, expiredUpTo);
  }

  /** Answers go that are too old, of which one owner has too many, or of which all together have too many. */
  trim(oldestAt: number): void {
    const owners = new Map(this.#kept.due.owners.map(({ owner, count }) => [owner, count]));
    for (const answer of this.#answers.values()) {
      const ofOwner = owners.get(answer.owner) ?? 0;
      if (ofOwner > 0) owners.set(answer.owner, ofOwner - 1);
      if (ofOwner > 0 || answer.at < oldestAt) this.#expire(answer);
    }
    for (const answer of this.#answers.values()) {
      const { count, chars } = this.#kept.due;
      if (count <= 0 && chars <= 0) break;
      this.#expire(answer);
    }
    this.#boundExpired();
  }

  /** Where there are too many owners, the keys of the oldest count as everybody's. */
  #boundExpired(): void {
    const owners = [...this.#expired].filter(([owner]) => owner !== null).sort((a, b) => a[1] - b[1]);
    for (const [owner, madeAt] of owners.slice(0, Math.max(0, owners.length - this.#retention.expiredOwners))) {
      this.#expired.delete(owner);
      this.#raise(null, madeAt);
    }
  }

  #expire({ key, owner, madeAt }: StoredAnswer): void {
    this.#drop(key);
    if (madeAt !== null) this.#raise(owner, madeAt);
  }

  #raise(owner: string | null, madeAt: number): void {
    this.#expired.set(owner, Math.max(this.#expired.get(owner) ?? madeAt, madeAt));
  }

  #drop(key: string): void {
    const answer = this.#answers.get(key);
    if (answer === undefined) return;
    this.#answers.delete(key);
    this.#kept.drop({ owner: answer.owner, chars: charsOf(answer) });
  }
}

export type ExpiredKeys = readonly (readonly [owner: string | null, madeAt: number])[];
