/** The effects of mutations in a history are found by what was wanted, and by the line that asked for it. */

import type { History } from "../history.ts";

/** A history is only ever added to, so what was read of it is remembered. */
export class KnownEffects {
  /** They go one after the other where one tab has asked for them, for one user. */
  readonly asked = new Map<string, AskedInOrder>();
  readonly #known = new WeakMap<History, Known>();

  /** It returns the version in which an intent took effect, or null. */
  versionOf(history: History, intent: string): number | null {
    return this.#read(history).versions.get(intent) ?? null;
  }

  /** It returns the last number of a line that took effect, or null. */
  lastOf(history: History, line: string): number | null {
    return this.#read(history).lasts.get(line) ?? null;
  }

  /** It returns the last that took effect of those that must go one after the other, or 0. */
  lastInOrder(history: History, { owner }: AskedInOrder): number {
    return this.#read(history).inOrder.get(owner) ?? 0;
  }

  #read(history: History): Known {
    const known = this.#known.get(history) ?? { upTo: 0, versions: new Map(), lasts: new Map(), inOrder: new Map() };
    this.#known.set(history, known);
    for (; known.upTo < history.moments.length; known.upTo += 1) {
      const { key = null, change = null, version = 0 } = history.moments[known.upTo] ?? {};
      if (key === null) continue;
      known.versions.set(key, version);
      const asked = this.asked.get(key);
      if (asked !== undefined) known.inOrder.set(asked.owner, asked.order);
      const mark = change?.data.mark;
      if (typeof mark !== "string") continue;
      const [line = "", n = ""] = mark.split(".");
      known.lasts.set(line, Number(n));
    }
    return known;
  }
}

interface Known {
  upTo: number;
  readonly versions: Map<string, number>;
  readonly lasts: Map<string, number>;
  readonly inOrder: Map<string, number>;
}

export interface AskedInOrder {
  readonly owner: string;
  readonly order: number;
}
