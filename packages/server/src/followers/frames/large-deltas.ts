/** A large delta is made off the event loop, since it would take too long to compress while everybody waits. */

import { type Diff, deltaPieces } from "@neverstale/protocol";
import type { Readable } from "../../space/readable.ts";
import type { CommittedGroups } from "../committed-groups.ts";
import type { Frame, FrameCodec } from "../wire.ts";

/** One is made at a time, from the state as it is when its turn comes, so that waiting costs no memory (rule P4). */
export class LargeDeltas {
  readonly #readable: Readable;
  readonly #frames: FrameCodec;
  readonly #groups: Pick<CommittedGroups, "epoch">;
  readonly #waiting = new Map<number, LargeDelta>();
  /** A diff from one of these positions is larger than a replica takes: there a full state is the way on. */
  readonly #tooLarge = new Set<number>();
  #last: Promise<void> = Promise.resolve();

  constructor(readable: Readable, frames: FrameCodec, groups: Pick<CommittedGroups, "epoch">) {
    this.#readable = readable;
    this.#groups = groups;
    this.#frames = frames;
  }

  get isIdle(): boolean {
    return this.#waiting.size === 0 && this.#tooLarge.size === 0;
  }

  find(from: number): LargeDelta | null {
    return this.#waiting.get(from) ?? null;
  }

  isTooLarge(from: number): boolean {
    return this.#tooLarge.has(from);
  }

  make(from: number): LargeDelta {
    const done = this.#last.then(() => this.#run(from, delta));
    const delta: LargeDelta = { made: null, done };
    this.#waiting.set(from, delta);
    this.#last = done;
    // It is forgotten once all who waited have been given it: they are told before the step behind the next one.
    void done.then(() => {}).then(() => this.#waiting.delete(from));
    return delta;
  }

  async #run(from: number, delta: LargeDelta): Promise<void> {
    const { head: version } = this.#readable;
    try {
      if (!this.#readable.canDiffFrom(from)) throw new Error("tombstones don't reach back any more");
      const ticket = this.#readable.proofAt(this.#groups.epoch, version)?.ticket ?? null;
      const diff = this.#readable.diffSince(from);
      // Meanwhile all of it has been undone, or hidden from the view: whoever waited is brought on as if nothing had been large.
      if (isNothing(diff)) return void this.#waiting.delete(from);
      const pieces = deltaPieces(from, version, diff, ticket);
      delta.made = { frame: await this.#frames.encodeLarge(pieces, true), version };
    } catch {
      if (this.#tooLarge.size === POSITIONS_REMEMBERED) this.#tooLarge.clear();
      this.#tooLarge.add(from);
    }
  }
}

/** It is made behind those that were asked for before. */
export interface LargeDelta {
  /** It is null until it is made. It stays null where by then nothing had moved. */
  made: { readonly frame: Frame; readonly version: number } | null;
  /** This resolves when it is made, or turned out to be larger than a replica takes. */
  readonly done: Promise<void>;
}

function isNothing(diff: Diff): boolean {
  for (const _ in diff) return false;
  return true;
}

/** So many positions are remembered from which no diff could be made. */
const POSITIONS_REMEMBERED = 1_000;
