/** Divergences are where the memory of a node is another one than it should be: they are found by what the writer tells (rule N10). */

import type { Millis } from "@neverstale/base";
import type { Runtime } from "../../runtime/runtime.ts";
import type { ChainState } from "../history/chain-state.ts";
import { type DifferentRecords, differentRecords } from "./different-records.ts";
import { RECORDS_PER_MESSAGE, type ToldDigest, type ToldDigests } from "./digest-telling.ts";

export class Divergences {
  /** In so many spaces the memory of this node was wrong. */
  found = 0;
  /** So many records differed in them. */
  records = 0;
  /** So often the writer's memory was another one than what is stored. */
  ofWriter = 0;
  readonly #runtime: Pick<Runtime, "now">;
  readonly #tell: (divergence: NodeDivergence) => void;
  /** The node reads everything anew for these. */
  #suspected: readonly ToldDigest[] = [];
  #reloadedAt: Millis = Number.NEGATIVE_INFINITY;

  constructor(runtime: Pick<Runtime, "now">, tell: (divergence: NodeDivergence) => void) {
    this.#runtime = runtime;
    this.#tell = tell;
  }

  /** It returns true when the node is to read everything anew: it holds another state at the very version that the writer has told. */
  isIn(state: ChainState, { place, digests }: ToldDigests): boolean {
    const mayReload = this.#suspected.length === 0 && this.#runtime.now() - this.#reloadedAt >= GAP_MS;
    if (!mayReload || !state.holds(place)) return false;
    let left = RECORDS_PER_MESSAGE;
    this.#suspected = digests.filter(({ space: name, creationId, version, digest }) => {
      const space = state.spaces.get(name);
      if (space?.creationId !== creationId || space.head !== version) return false;
      const records = space.unsummed;
      const isSummed = space.sumSome(left); // If not, it is compared when it is told again.
      left = Math.max(0, left - records);
      return isSummed && space.digest() !== digest;
    });
    return this.#suspected.length > 0;
  }

  /**
   * The node has read everything anew. It returns true when what is stored agrees with this node and not with the writer, so that
   * somebody else had better be the writer.
   */
  reloaded(before: ChainState, now: ChainState): boolean {
    const suspected = this.#suspected;
    if (suspected.length === 0) return false;
    this.#suspected = [];
    this.#reloadedAt = this.#runtime.now();
    let isWriters = false;
    for (const told of suspected) if (this.#judge(told, before, now)) isWriters = true;
    return isWriters;
  }

  #judge({ space: name, creationId, version }: ToldDigest, before: ChainState, now: ChainState): boolean {
    const [held, stored] = [before.spaces.get(name), now.spaces.get(name)];
    if (held?.creationId !== creationId || stored?.creationId !== creationId) return false;
    const different = differentRecords(held, stored);
    const whose = different.count > 0 ? "own" : "writer";
    if (whose === "writer") this.ofWriter += 1;
    else this.found += 1;
    this.records += different.count;
    this.#tell({ whose, space: name, version, records: different.count, first: different.first });
    return whose === "writer";
  }
}

export interface NodeDivergence {
  /** With "own" the memory of this node was wrong. With "writer" it was as what is stored, and the writer's was not. */
  readonly whose: "own" | "writer";
  readonly space: string;
  /** The two had this version, and were not the same. */
  readonly version: number;
  /** So many records differed. It is 0 where they are the writer's. */
  readonly records: number;
  /** These are the first of them. */
  readonly first: DifferentRecords["first"];
}

/** A node reads everything anew so rarely for that, or the memory of one node could keep all others from serving. */
const GAP_MS: Millis = 600_000;
