/** The far database is in memory, and its answers get lost when somebody wants it. */

import { MemoryDatabase, StoreFailure } from "@neverstale/server";
import type { ChainHead, PlanDraft, Takeover } from "@neverstale/server/store";

export class FarDatabase extends MemoryDatabase {
  #loses: { readonly isStored: boolean } | null = null;

  get losesNextAnswer(): boolean {
    return this.#loses !== null;
  }

  /** The next write is carried out or not, and nobody learns which. */
  loseNextAnswer(isStored: boolean): void {
    this.#loses = { isStored };
  }

  override takeOver(takeover: Takeover): ChainHead {
    return this.#answering(() => super.takeOver(takeover));
  }

  override commit(draft: PlanDraft): void {
    this.#answering(() => super.commit(draft));
  }

  #answering<Result>(work: () => Result): Result {
    const lost = this.#loses;
    this.#loses = null;
    if (lost === null) return work();
    if (lost.isStored) work();
    throw new StoreFailure("unknown", "the answer was lost");
  }
}
