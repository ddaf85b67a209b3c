/** The histories of all epochs say what was true in each of them, on whatever branch, and where each epoch ended. */

import type { Branch, History } from "../history.ts";

/**
 * An epoch stands on several branches where a database lost its tail, or where an old primary lives on. No version of it is
 * given twice (promise P3), so its histories differ in their length alone.
 */
export class EpochHistories {
  readonly #epochs = new Map<string, KnownEpoch>();

  has(epoch: string): boolean {
    return this.#epochs.has(epoch);
  }

  /** It begins behind all that the branch has. */
  begin(epoch: string, branch: Branch): void {
    const heads = new Map([...branch.spaces.values()].map(({ creationId, head }) => [creationId, head.version]));
    this.#epochs.set(epoch, { before: branch.epoch, heads, histories: new Map() });
    branch.epoch = epoch;
    this.splitOff(branch);
  }

  splitOff(branch: Branch): void {
    for (const history of branch.spaces.values()) this.made(branch.epoch ?? "", history);
  }

  made(epoch: string, history: History): void {
    const histories = this.#epochs.get(epoch)?.histories;
    const known = histories?.get(history.creationId);
    if (known === undefined) histories?.set(history.creationId, [history]);
    else known.push(history);
  }

  longest(epoch: string, creationId: string): History | null {
    const histories = this.#epochs.get(epoch)?.histories.get(creationId) ?? [];
    return histories.reduce<History | null>(
      (longest, history) => (longest === null || history.head.version > longest.head.version ? history : longest),
      null,
    );
  }

  endOf(epoch: string, creationId: string, today: string): number | null {
    if (epoch === today) return this.longest(epoch, creationId)?.head.version ?? null;
    for (let later = this.#epochs.get(today); later !== undefined; later = this.#epochs.get(later.before ?? "")) {
      if (later.before === epoch) return later.heads.get(creationId) ?? null;
    }
    return null;
  }
}

interface KnownEpoch {
  /** It took over from this epoch. */
  readonly before: string | null;
  /** At its takeover the spaces stood at these versions. They are named by creation id. */
  readonly heads: ReadonlyMap<string, number>;
  /** They stand by creation id, one for each branch. */
  readonly histories: Map<string, History[]>;
}
