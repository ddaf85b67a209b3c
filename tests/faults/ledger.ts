import assert from "node:assert/strict";
import type { AuthorityProcess } from "../engine/authority-process.ts";

interface Entry {
  readonly epoch: string;
  readonly version: number;
}

/** What an authority has acknowledged, and whether it still has it. */
export class Ledger {
  readonly #entries = new Map<string, Entry>();
  #made = 0;
  /** Changes whose answer never came: they may be there or not. */
  unknown = 0;

  get acknowledged(): number {
    return this.#entries.size;
  }

  get newestVersion(): number {
    let newest = 0;
    for (const { version } of this.#entries.values()) newest = Math.max(newest, version);
    return newest;
  }

  /** One change; false when it was not acknowledged. */
  async write(authority: AuthorityProcess, note = ""): Promise<boolean> {
    this.#made += 1;
    const id = `h${this.#made}`;
    try {
      const { epoch, version } = await authority.apply("host_added", id, { n: this.#made, note });
      this.#entries.set(id, { epoch, version });
      return true;
    } catch {
      this.unknown += 1;
      return false;
    }
  }

  /** Several writers, until each has met one change that was not acknowledged, or `enough` says so. */
  async writeUntilRefused(
    authority: AuthorityProcess,
    { writers = 4, enough = () => false, note = "" }: { writers?: number; enough?: () => boolean; note?: string } = {},
  ): Promise<void> {
    const write = async () => {
      while (!enough() && (await this.write(authority, note)));
    };
    await Promise.all(Array.from({ length: writers }, write));
  }

  /**
   * How many acknowledged changes are there, as they were; throws when one is missing or a version was given twice (P3).
   */
  async recovered(authority: AuthorityProcess): Promise<number> {
    const { version, state } = await authority.get<{ version: number; state: { hosts: Record<string, unknown>[] } }>(
      "/state",
    );
    const hosts = new Map(state.hosts.map((host) => [String(host.id), host]));
    const lost = [...this.#entries.keys()].filter((id) => hosts.get(id)?.n !== Number(id.slice(1)));
    assert.deepEqual(lost, [], `${lost.length} acknowledged changes are lost`);
    const positions = new Set([...this.#entries.values()].map((entry) => `${entry.epoch} ${entry.version}`));
    assert.equal(positions.size, this.#entries.size, "a version was given to two changes of one epoch");
    const versions = new Set([...this.#entries.values()].map((entry) => entry.version));
    assert.equal(versions.size, this.#entries.size, "a version was given to two acknowledged changes");
    assert.ok(version >= this.newestVersion, "the head went back below an acknowledged version");
    return this.#entries.size;
  }
}

/** For `enough`: true from the call after so many on. */
export function atMost(limit: number): () => boolean {
  let made = 0;
  return () => {
    made += 1;
    return made > limit;
  };
}
