/** The view memory bounds what is kept for all views of a hub together: the least recently used goes first (rule V21). */

import type { SyncMetrics } from "../sync-metrics.ts";

/** It keeps what can be made again. */
export interface Keeper {
  /** It keeps nothing any more. */
  letGo(): void;
}

export class ViewMemory {
  readonly snapshots: KeptBytes;
  readonly frames: KeptBytes;
  /** The last build of a snapshot: one is made at a time, so that those that wait hold no state (rule V20). */
  lastBuild: Promise<unknown> = Promise.resolve();

  constructor(limits: { readonly viewSnapshotBytes: number; readonly viewFrameBytes: number }, metrics: SyncMetrics) {
    this.snapshots = new KeptBytes(limits.viewSnapshotBytes, (bytes) => {
      metrics.viewSnapshotBytes = bytes;
    });
    this.frames = new KeptBytes(limits.viewFrameBytes, (bytes) => {
      metrics.viewFrameBytes = bytes;
    });
  }
}

export class KeptBytes {
  readonly #most: number;
  readonly #measure: (bytes: number) => void;
  /** The one that was used last comes last. */
  readonly #keepers = new Map<Keeper, number>();
  #bytes = 0;

  constructor(most: number, measure: (bytes: number) => void) {
    this.#most = most;
    this.#measure = measure;
  }

  /** The keeper has so many bytes now. Others let go of theirs where all together are too many, and it last. */
  note(keeper: Keeper, bytes: number): void {
    this.#set(keeper, bytes);
    for (const [oldest] of this.#keepers) {
      if (this.#bytes <= this.#most || oldest === keeper) break;
      this.#set(oldest, 0);
      oldest.letGo();
    }
    this.#measure(this.#bytes);
  }

  #set(keeper: Keeper, bytes: number): void {
    this.#bytes += bytes - (this.#keepers.get(keeper) ?? 0);
    this.#keepers.delete(keeper);
    if (bytes > 0) this.#keepers.set(keeper, bytes);
  }
}
