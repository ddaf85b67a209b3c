/** The history is what a database holds in the end. It is read beside the nodes, and the state at each version is made of the log. */

import assert from "node:assert/strict";
import { addHash, formatDigest, recordHash, type StateRecord, subtractHash, ZERO_HASH } from "@neverstale/protocol";
import type { ChainEntry, LineageRow, LogRow, Store } from "@neverstale/server/store";
import { postgresStore } from "@neverstale/store-postgres";
import { changesOfText } from "../../../../packages/server/src/store/change-text.ts";

type Logged = Pick<LogRow, "firstVersion" | "changes">;

export class History {
  readonly hosts = new Map<string, StateRecord>();
  /** By version. */
  readonly #digests: string[] = [formatDigest(ZERO_HASH)];
  #sum = ZERO_HASH;
  readonly #epochs: readonly string[];
  readonly #lineage: readonly LineageRow[];

  private constructor(epochs: readonly string[], lineage: readonly LineageRow[]) {
    this.#epochs = epochs;
    this.#lineage = lineage;
  }

  static async read(url: string): Promise<History> {
    const store = postgresStore(url);
    try {
      const { epochs, spaces } = await store.read();
      const lineage = spaces.find(({ name }) => name === "main")?.lineage ?? [];
      requireTerms(await wholeChain(store));
      return History.of(epochs, lineage, await store.readLog({ space: "main", afterVersion: 0, limit: 10_000_000 }));
    } finally {
      await store.close();
    }
  }

  static of(epochs: readonly string[], lineage: readonly LineageRow[], log: readonly Logged[]): History {
    const history = new History(epochs, lineage);
    for (const { firstVersion, changes } of log) history.#add(firstVersion, changes);
    return history;
  }

  /** A script only ever adds hosts. */
  #add(firstVersion: number, text: string): void {
    let sum = this.#sum;
    assert.equal(firstVersion, this.head + 1, "the log has a gap");
    for (const { type, target, data } of changesOfText(text).changes) {
      if (type !== "host_added") throw new Error(`no script makes a ${type}`);
      const old = this.hosts.get(target);
      if (old !== undefined) sum = subtractHash(sum, recordHash("hosts", target, old));
      const record = { ...data, id: target } as StateRecord;
      this.hosts.set(target, record);
      sum = addHash(sum, recordHash("hosts", target, record));
      this.#digests.push(formatDigest(sum));
    }
    this.#sum = sum;
  }

  get head(): number {
    return this.#digests.length - 1;
  }

  get epoch(): string {
    return this.#epochs.at(-1) ?? "";
  }

  readonly digestAt = (version: number): string => this.#digests[version] ?? "none";

  /** Returns whether the position lies in this history: its epoch is known, and its version no later than the end of that (rule E2). */
  holds(epoch: string, version: number): boolean {
    const place = this.#epochs.indexOf(epoch);
    if (place < 0) return false;
    const next = this.#lineage.find((row) => this.#epochs.indexOf(row.epoch) > place);
    return version <= (next === undefined ? this.head : next.firstVersion - 1);
  }
}

async function wholeChain(store: Store): Promise<ChainEntry[]> {
  const entries: ChainEntry[] = [];
  for (;;) {
    const page = await store.readChain({ afterSequence: entries.length, limit: 1_000 });
    assert.notEqual(page, "trimmed", "no script makes so many entries");
    if (page === "trimmed" || page.length === 0) return entries;
    entries.push(...page);
  }
}

/** Each term is begun by its takeover, and has no entry behind the next one: whoever was the writer before stored nothing. */
export function requireTerms(entries: readonly ChainEntry[]): void {
  let term: string | null = null;
  for (const entry of entries) {
    assert.equal(entry.termBefore, term, `entry ${entry.sequence} is not of the term before it`);
    if (entry.type === "group")
      assert.equal(entry.term, term, `entry ${entry.sequence} was stored in a term that was over`);
    term = entry.term;
  }
}
