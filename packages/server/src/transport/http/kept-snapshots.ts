/** Snapshots that were given out stay at hand for a while, as many bytes of them as the bound says (rule H1). */

import type { Position } from "@neverstale/protocol";
import type { Frame } from "../../followers/wire.ts";
import { statePath } from "./address.ts";

export class KeptSnapshots {
  readonly #maxBytes: number;
  /** The one that was added last stands last. */
  readonly #frames = new Map<string, Frame>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get count(): number {
    return this.#frames.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  find(position: Position): Frame | null {
    return this.#frames.get(statePath(position)) ?? null;
  }

  /** The newest one stays whatever its size: else nobody could ever fetch it. */
  add(position: Position, frame: Frame): void {
    const path = statePath(position);
    this.#drop(path);
    this.#frames.set(path, frame);
    this.#bytes += frame.sizeBytes;
    for (const oldest of this.#frames.keys()) {
      if (this.#bytes <= this.#maxBytes || oldest === path) return;
      this.#drop(oldest);
    }
  }

  #drop(path: string): void {
    this.#bytes -= this.#frames.get(path)?.sizeBytes ?? 0;
    this.#frames.delete(path);
  }
}
