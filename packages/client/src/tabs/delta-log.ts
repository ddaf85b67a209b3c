/** The leader keeps the newest deltas, so that a tab that comes back gets what it missed and no full state. */

import type { Position } from "@neverstale/protocol";

/** So many UTF-16 code units of deltas are kept. */
const MOST_LOGGED_CHARS = 1024 * 1024;

const MOVES_NOTHING = ["sync", "mutated", "error"];

export class DeltaLog {
  #deltas: { readonly from: number; readonly version: number; readonly text: string }[] = [];
  #chars = 0;

  /** The leader was at one position before this text, and is at the other one after it. */
  took(text: string, before: Position | null, after: Position | null): void {
    if (!begins(text, "delta")) {
      if (!MOVES_NOTHING.some((type) => begins(text, type))) this.clear(); // A state may have another past.
      return;
    }
    if (before === null || after === null || after.version === before.version) return;
    this.#deltas.push({ from: before.version, version: after.version, text });
    this.#chars += text.length;
    while (this.#chars > MOST_LOGGED_CHARS) this.#chars -= this.#deltas.shift()?.text.length ?? 0;
  }

  /** Returns what leads from this version to the newest one. Null: that is not known. */
  since(version: number, newest: number): readonly string[] | null {
    if (version === newest) return [];
    const first = this.#deltas.findIndex(({ from }) => from === version);
    return first < 0 ? null : this.#deltas.slice(first).map(({ text }) => text);
  }

  clear(): void {
    this.#deltas = [];
    this.#chars = 0;
  }
}

/** Where a message is written in another order, the log only knows less. */
function begins(text: string, type: string): boolean {
  return text.startsWith(`{"type":"${type}"`);
}
