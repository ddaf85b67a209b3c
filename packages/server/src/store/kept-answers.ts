/** The kept answers are counted, of each owner and in all, so that the store knows which are too many. */

import type { StoredAnswer } from "./contract.ts";
import type { Retention } from "./retention.ts";

/** One step of trimming is told of so many owners beyond their bound. */
const OWNERS_AT_ONCE = 100;

export class KeptAnswers {
  readonly #owners = new Map<string, number>();
  readonly #retention: Retention;
  /** These owners have more answers than are kept of one. */
  readonly #over = new Set<string>();
  #count = 0;
  #chars = 0;

  constructor(owners: readonly OwnerAnswers[], retention: Retention) {
    this.#retention = retention;
    for (const { owner, count, chars } of owners) this.#add(owner, count, chars);
  }

  get count(): number {
    return this.#count;
  }

  get chars(): number {
    return this.#chars;
  }

  add({ owner, chars }: AnswerSize): void {
    this.#add(owner, 1, chars);
  }

  drop({ owner, chars }: AnswerSize): void {
    this.#add(owner, -1, -chars);
  }

  get due(): AnswersDue {
    const { answers, answerChars, answersPerOwner } = this.#retention;
    const owners: OwnerDue[] = [];
    for (const owner of this.#over) {
      if (owners.length === OWNERS_AT_ONCE) break;
      owners.push({ owner, count: this.#of(owner) - answersPerOwner });
    }
    return { count: this.#count - answers, chars: this.#chars - answerChars, owners };
  }

  #of(owner: string): number {
    return this.#owners.get(owner) ?? 0;
  }

  #add(owner: string, count: number, chars: number): void {
    const after = this.#of(owner) + count;
    if (after === 0) this.#owners.delete(owner);
    else this.#owners.set(owner, after);
    if (after > this.#retention.answersPerOwner) this.#over.add(owner);
    else this.#over.delete(owner);
    this.#count += count;
    this.#chars += chars;
  }
}

export function charsOf({ key, answer }: StoredAnswer): number {
  return key.length + answer.length;
}

/** One answer counts for so much. */
export interface AnswerSize {
  readonly owner: string;
  readonly chars: number;
}

/** These are all answers of one owner. */
export interface OwnerAnswers extends AnswerSize {
  readonly count: number;
}

/** So many answers are too many: in all, and of each owner. */
export interface AnswersDue {
  readonly count: number;
  readonly chars: number;
  readonly owners: readonly OwnerDue[];
}

interface OwnerDue {
  readonly owner: string;
  readonly count: number;
}
