/** The bundles of the packages for browsers hold no Node module. */

import { join } from "node:path";
import { type OutputChunk, rolldown } from "rolldown";
import type { ArchitectureViolation, Package } from "./workspace.ts";

/**
 * It bundles the package's entry as a browser's bundler would, from the sources. Whatever is still an import afterwards
 * is a Node module, or one that can't be found. Only peer dependencies may stay. It throws when it can't be bundled at
 * all.
 */
export async function browserBundleLeaks(root: string, pkg: Package): Promise<ArchitectureViolation[]> {
  const entry = `${pkg.folder}/src/index.ts`;
  const peers = Object.keys(pkg.manifest.peerDependencies ?? {});
  const left = await importsLeft(join(root, entry), peers);
  return left.map((specifier) => ({
    at: `${entry}:1`,
    what: `its browser bundle still imports "${specifier}"`,
    instead: "no Node module in a package that runs in browsers; Node's part is handed in by whoever runs it there",
  }));
}

const BROWSER_PACKAGES: readonly string[] = [
  "packages/base",
  "packages/protocol",
  "packages/client",
  "packages/react",
  "packages/vue",
  "packages/svelte",
  "packages/solid",
  "apps/fleet/client",
];

/** It is true for a package for browsers that has an entry. */
export function runsInBrowsers({ folder, files }: Package): boolean {
  return BROWSER_PACKAGES.includes(folder) && files.some(({ pathInSrc }) => pathInSrc === "index.ts");
}

async function importsLeft(input: string, peers: readonly string[]): Promise<string[]> {
  const bundle = await rolldown({
    input,
    platform: "browser",
    resolve: { conditionNames: ["source", "browser", "import", "default"] },
    external: (id) => peers.some((peer) => id === peer || id.startsWith(`${peer}/`)),
    treeshake: false,
    onLog: () => {},
  });
  const { output } = await bundle.generate({ format: "esm" });
  await bundle.close();
  const chunks = output.filter((part): part is OutputChunk => part.type === "chunk");
  const own = new Set(chunks.map((chunk) => chunk.fileName));
  const imports = chunks.flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports]);
  return [...new Set(imports)].filter(
    (id) => !own.has(id) && !peers.some((peer) => id === peer || id.startsWith(`${peer}/`)),
  );
}
