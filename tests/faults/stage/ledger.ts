/** The ledger notes what an authority has acknowledged, and looks whether the authority still has it. */

import assert from "node:assert/strict";
import type { AuthorityProcess } from "../../engine/authority-process.ts";

export class Ledger {
  readonly #entries = new Map<string, { readonly version: number }>();
  #made = 0;
  /** This counts the changes whose answer never came: they may be there or not. */
  unknown = 0;

  get acknowledged(): number {
    return this.#entries.size;
  }

  get newestVersion(): number {
    let newest = 0;
    for (const { version } of this.#entries.values()) newest = Math.max(newest, version);
    return newest;
  }

  /** Makes one change. Returns false when it was not acknowledged. */
  async write(authority: AuthorityProcess, note = ""): Promise<boolean> {
    this.#made += 1;
    const id = `h${this.#made}`;
    try {
      const { version } = await authority.apply("host_added", id, { n: this.#made, note });
      this.#entries.set(id, { version });
      return true;
    } catch {
      this.unknown += 1;
      return false;
    }
  }

  /** Lets several writers write, until each has met one change that was not acknowledged, or `enough` says so. */
  async writeUntilRefused(
    authority: AuthorityProcess,
    { writers = 4, enough = () => false, note = "" }: { writers?: number; enough?: () => boolean; note?: string } = {},
  ): Promise<void> {
    const write = async () => {
      while (!enough() && (await this.write(authority, note)));
    };
    await Promise.all(Array.from({ length: writers }, write));
  }

  /** Returns the acknowledged changes that are not there as they were. */
  async lost(authority: AuthorityProcess): Promise<string[]> {
    const { hosts } = (await authority.get<{ state: { hosts: Record<string, unknown>[] } }>("/state")).state;
    const byId = new Map(hosts.map((host) => [String(host.id), host]));
    return [...this.#entries.keys()].filter((id) => byId.get(id)?.n !== Number(id.slice(1)));
  }

  /**
   * Returns how many acknowledged changes are there, as they were. Throws when one is missing or a version was given twice (P3).
   */
  async recovered(authority: AuthorityProcess): Promise<number> {
    const lost = await this.lost(authority);
    assert.deepEqual(lost, [], `${lost.length} acknowledged changes are lost`);
    const versions = new Set([...this.#entries.values()].map((entry) => entry.version));
    assert.equal(versions.size, this.#entries.size, "a version was given to two acknowledged changes");
    const { version } = await authority.facts();
    assert.ok(version >= this.newestVersion, "the head went back below an acknowledged version");
    return this.#entries.size;
  }
}

/** Makes an `enough` that is true after so many calls. */
export function atMost(limit: number): () => boolean {
  let made = 0;
  return () => {
    made += 1;
    return made > limit;
  };
}
