/** What all suites of the packed packages share: the packages, the registry that serves them, and folders in which they are used. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Packed, packAll } from "../../scripts/publish/pack.ts";
import { ROOT } from "../../scripts/run.ts";
import { Outside } from "./outside.ts";
import { startRegistry, type TestRegistry } from "./test-registry.ts";

/** It packs everything, which takes half a minute. */
export async function openWorld(): Promise<PackedWorld> {
  const folder = mkdtempSync(join(tmpdir(), "neverstale-packed-"));
  const packed = await packAll(folder, { root: ROOT, repository: REPOSITORY });
  return new PackedWorld(folder, packed, await startRegistry(packed));
}

/** It is nobody's address: the packages are packed with all links that they may have. */
const REPOSITORY = "https://repository.invalid/neverstale";

export class PackedWorld {
  readonly packed: readonly Packed[];
  readonly #folder: string;
  readonly #registry: TestRegistry;
  readonly #outside: Outside[] = [];
  #oldest: Promise<string> | null = null;

  constructor(folder: string, packed: readonly Packed[], registry: TestRegistry) {
    this.packed = packed;
    this.#folder = folder;
    this.#registry = registry;
  }

  /** With an older release of Node than this one, all commands run on that, npm included. */
  async outside(node: "this Node" | "the oldest Node" = "this Node"): Promise<Outside> {
    if (node === "the oldest Node") this.#oldest ??= this.#fetchOldest();
    const folder = node === "the oldest Node" ? await this.#oldest : null;
    return this.#made(folder ?? undefined);
  }

  #made(nodeFolder?: string): Outside {
    const cache = join(this.#folder, "npm-cache");
    const outside = new Outside({ registry: this.#registry.url, cache, nodeFolder });
    this.#outside.push(outside);
    return outside;
  }

  async #fetchOldest(): Promise<string> {
    const outside = this.#made();
    const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
    outside.write("package.json", "{}");
    await outside.install(`${name}@${OLDEST_NODE}`);
    return dirname(join(outside.folder, "node_modules", name, "bin/node"));
  }

  /** It ends what runs in the folders, and removes them. */
  async close(): Promise<void> {
    for (const outside of this.#outside) await outside.remove();
    this.#registry.close();
    rmSync(this.#folder, { recursive: true });
  }
}

export const OLDEST_NODE = "22.18.0";
