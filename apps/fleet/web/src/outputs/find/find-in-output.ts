/** The find goes through all of an output at the server, and has every line with a match in its order. */

import type { OutputMatch, OutputSearchAnswer } from "@neverstale/fleet-domain";

export interface FindQuery {
  readonly text: string;
  readonly regex: boolean;
  readonly matchCase: boolean;
}

export interface FindSnapshot {
  readonly query: FindQuery | null;
  /** They are in the order of their lines, each line once. */
  readonly hits: readonly OutputMatch[];
  /** So many bytes of the output were gone through. */
  readonly searchedBytes: number;
  readonly isRunning: boolean;
  /** There may be more hits than are held (B163). */
  readonly isCut: boolean;
  readonly problem: string | null;
  /** The index of the hit that is brought into sight. */
  readonly current: number | null;
}

/** So many lines with a match are held (B163). */
export const MOST_HITS = 10_000;

const NOTHING: FindSnapshot = {
  query: null,
  hits: [],
  searchedBytes: 0,
  isRunning: false,
  isCut: false,
  problem: null,
  current: null,
};

export class FindInOutput {
  readonly #commandId: string;
  readonly #getJson: (path: string) => Promise<unknown>;
  readonly #listeners = new Set<() => void>();
  #snapshot = NOTHING;
  /** An answer to what was looked for before comes too late. */
  #turn = 0;
  #goOn: string | null = null;
  #isLookingOn = false;

  constructor(commandId: string, getJson: (path: string) => Promise<unknown>) {
    this.#commandId = commandId;
    this.#getJson = getJson;
  }

  get snapshot(): FindSnapshot {
    return this.#snapshot;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  stop(): void {
    this.#turn += 1;
    this.#update(NOTHING);
  }

  /** The first hit that is current is the first one from this line on, or the last of all. */
  async search(query: FindQuery, fromLine: number): Promise<void> {
    this.#turn += 1;
    this.#goOn = null;
    this.#update({ ...NOTHING, query, isRunning: query.text !== "" });
    if (query.text !== "") await this.#run(query, fromLine);
  }

  /** It looks at what has come since the last search ended. */
  async searchOn(): Promise<void> {
    const { query, isRunning, isCut, problem } = this.#snapshot;
    if (query === null || query.text === "" || isRunning || this.#isLookingOn || isCut || problem !== null) return;
    this.#isLookingOn = true; // Nobody waits for it, so it is not told as a search that runs.
    await this.#run(query, Number.POSITIVE_INFINITY);
    this.#isLookingOn = false;
  }

  /** Behind the last hit comes the first one, and before the first the last. */
  step(by: 1 | -1): void {
    const { hits, current } = this.#snapshot;
    if (hits.length === 0) return;
    const from = current ?? (by === 1 ? -1 : 0);
    this.#update({ current: (from + by + hits.length) % hits.length });
  }

  async #run(query: FindQuery, fromLine: number): Promise<void> {
    const turn = this.#turn;
    let from = this.#goOn;
    try {
      do {
        const answer = (await this.#getJson(this.#path(query, from))) as OutputSearchAnswer;
        if (turn !== this.#turn) return;
        from = answer.next;
        this.#goOn = answer.goOn ?? this.#goOn;
        this.#take(answer, fromLine);
      } while (from !== null && !this.#snapshot.isCut);
      const { hits, current } = this.#snapshot;
      this.#update({ isRunning: false, current: current ?? (hits.length === 0 ? null : hits.length - 1) });
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#update({ isRunning: false, problem: error instanceof Error ? error.message : "The search did not end." });
    }
  }

  #take({ matches, searchedBytes }: OutputSearchAnswer, fromLine: number): void {
    const before = this.#snapshot;
    const last = before.hits.at(-1)?.line ?? 0;
    const fresh = matches.filter(({ line }, at) => line > last && line !== matches[at - 1]?.line);
    const all = [...before.hits, ...fresh];
    const hits = all.slice(0, MOST_HITS);
    const first = before.current ?? hits.findIndex(({ line }) => line >= fromLine);
    this.#update({
      hits,
      isCut: all.length >= MOST_HITS,
      searchedBytes: before.searchedBytes + searchedBytes,
      current: first === -1 ? null : first,
    });
  }

  #path({ text, regex, matchCase }: FindQuery, from: string | null): string {
    const query = new URLSearchParams({ q: text, limit: "1000", regex: String(regex), ignoreCase: String(!matchCase) });
    if (from !== null) query.set("from", from);
    return `/api/commands/${encodeURIComponent(this.#commandId)}/output/search?${query}`;
  }

  #update(part: Partial<FindSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...part };
    for (const listener of this.#listeners) listener();
  }
}

/** It says what was found, in a few words. */
export function findWords(find: FindSnapshot, outputBytes: number): string {
  const { query, hits, isRunning, isCut, current, searchedBytes, problem } = find;
  if (query === null || query.text === "" || problem !== null) return "";
  const part = outputBytes === 0 ? 0 : Math.min(99, Math.floor((100 * searchedBytes) / outputBytes));
  if (hits.length === 0) return isRunning ? `Searching, ${part} %` : "Nothing found";
  const count = hits.length.toLocaleString("en");
  const place = current === null ? count : `${(current + 1).toLocaleString("en")} of ${count}`;
  if (isRunning) return `${place} lines, ${part} %`;
  return isCut ? `${place} lines, and more behind` : `${place} ${hits.length === 1 ? "line" : "lines"}`;
}
