/** Digest telling is how a writer tells the other nodes what its spaces are, so that each finds out what it has wrong (rule N10). */

import type { Millis } from "@neverstale/base";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Space } from "../../space/space.ts";
import type { ChainHead } from "../../store/contract.ts";
import type { ChainState } from "../history/chain-state.ts";

export class DigestTelling {
  /** So many digests have been told. */
  count = 0;
  readonly #runtime: Pick<Runtime, "now">;
  readonly #intervalMs: Millis;
  /** Each space was told at this version last. */
  readonly #told = new WeakMap<Space, number>();
  /** They have moved since they were told, and are told next. */
  #moved: Space[] = [];
  #dueAt: Millis;

  constructor(runtime: Pick<Runtime, "now">, intervalMs: Millis) {
    this.#runtime = runtime;
    this.#intervalMs = intervalMs;
    this.#dueAt = runtime.now() + intervalMs;
  }

  /** It returns the next message, or null when there is nothing to tell now. Each costs a few milliseconds at most. */
  next({ spaces, place }: ChainState): ToldDigests | null {
    if (this.#moved.length === 0 && !this.#lookWhatMoved(spaces.values())) return null;
    if (place === null) return null;
    const digests: ToldDigest[] = [];
    let left = RECORDS_PER_MESSAGE;
    for (const space of this.#moved.splice(0, DIGESTS_PER_MESSAGE)) {
      if (spaces.get(space.name) !== space) continue;
      const records = space.unsummed;
      if (space.sumSome(left)) digests.push(this.#digestOf(space));
      else this.#moved.push(space);
      left = Math.max(0, left - records);
    }
    this.count += digests.length;
    return digests.length === 0 ? null : { place, digests };
  }

  #lookWhatMoved(spaces: Iterable<Space>): boolean {
    const now = this.#runtime.now();
    if (now < this.#dueAt) return false;
    this.#dueAt = now + this.#intervalMs;
    this.#moved = [...spaces].filter((space) => this.#told.get(space) !== space.head);
    return this.#moved.length > 0;
  }

  #digestOf(space: Space): ToldDigest {
    const { name, creationId, head: version } = space;
    this.#told.set(space, version);
    return { space: name, creationId, version, digest: space.digest() };
  }
}

/** The writer had these digests when it had applied all up to `place`. */
export interface ToldDigests {
  readonly place: ChainHead;
  readonly digests: readonly ToldDigest[];
}

export interface ToldDigest {
  readonly space: string;
  readonly creationId: string;
  readonly version: number;
  readonly digest: string;
}

/** A message has about 400 kB at most: names have 512 characters. */
export const DIGESTS_PER_MESSAGE = 256;
/** So many records are hashed for one message at most. A space in which more have moved is told in a later one. */
export const RECORDS_PER_MESSAGE = 4_096;
