/** The programs of the product are bundled once for all processes that the tests start, since most of a short process is loading. */

import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Plugin, rolldown } from "rolldown";
import { ROOT } from "../run.ts";

/** Whoever starts one of these files, or imports it by its package's name, gets the bundle. The name is the bundle's. */
const PROGRAMS: Readonly<Record<string, string>> = {
  neverstale: "apps/fleet/cli/src/main.ts",
  agent: "apps/fleet/agent/src/main.ts",
  "fleet-server": "apps/fleet/server/src/index.ts",
  "fleet-agent": "apps/fleet/agent/src/index.ts",
  "simulated-agents": "apps/fleet/agent/src/simulated/io/simulated.ts",
  "writer-worker": "packages/store-sqlite/src/io/writer-worker.ts",
  "backup-worker": "packages/store-sqlite/src/io/backup-worker.ts",
};

/** This variable names the folder of the bundles to the processes that run them. */
export const BUNDLES_VARIABLE = "NEVERSTALE_TEST_BUNDLES";

/**
 * It returns the environment in which processes run bundles of the sources as they are now. Without this environment, as in `npm test -- FILE` and in the proofs, the same processes run the sources themselves.
 */
export async function withBundles(cache = CACHE): Promise<Record<string, string>> {
  const folder = join(cache, hashOfSources());
  if (!existsSync(folder)) {
    // What other sources became is of no use any more.
    rmSync(cache, { recursive: true, force: true });
    mkdirSync(cache, { recursive: true });
    const aside = mkdtempSync(join(cache, "aside-"));
    await bundle(aside);
    renameSync(aside, folder);
  }
  const options = [process.env.NODE_OPTIONS, `--import=${pathToFileURL(RUN_BUNDLES).href}`];
  return { NODE_OPTIONS: options.filter(Boolean).join(" "), [BUNDLES_VARIABLE]: folder };
}

const CACHE = join(ROOT, "node_modules/.cache/test-bundles");
const RUN_BUNDLES = join(import.meta.dirname, "run-bundles.mjs");
const SOURCES = [
  "packages/*/src/**/*.ts",
  "apps/fleet/*/src/**/*.ts",
  "packages/*/package.json",
  "apps/fleet/*/package.json",
];

function hashOfSources(): string {
  const hash = createHash("sha256");
  const paths = [...globSync(SOURCES, { cwd: ROOT }).sort(), "package-lock.json", "scripts/test/bundled-programs.ts"];
  for (const path of paths) hash.update(`${path}\n`).update(readFileSync(join(ROOT, path)));
  return hash.digest("hex").slice(0, 16);
}

async function bundle(folder: string): Promise<void> {
  const input = Object.fromEntries(Object.entries(PROGRAMS).map(([name, path]) => [name, join(ROOT, path)]));
  const build = await rolldown({
    input,
    platform: "node",
    resolve: { conditionNames: ["source", "node", "import"] },
    plugins: [othersStay, addressesStay],
  });
  const files = { entryFileNames: "[name].mjs", chunkFileNames: "[name]-[hash].mjs" };
  await build.write({ dir: folder, format: "esm", sourcemap: true, ...files });
  await build.close();
  const programs = Object.entries(PROGRAMS).map(([name, path]) => [
    pathToFileURL(join(ROOT, path)).href,
    `${name}.mjs`,
  ]);
  writeFileSync(join(folder, "programs.json"), JSON.stringify(Object.fromEntries(programs)));
}

/** These have many small files, and nothing in them depends on where they lie. */
const IN_BUNDLES = /[\\/]node_modules[\\/](commander|yaml|zod)[\\/]/;
const OTHERS = /[\\/]node_modules[\\/]/;

/** A bundle imports the packages of others from where the importing source would find them. */
const othersStay: Plugin = {
  name: "others-stay",
  resolveId: {
    order: "pre",
    async handler(id, importer, options) {
      if (isBuiltin(id) || importer === undefined) return null;
      const found = await this.resolve(id, importer, { ...options, skipSelf: true });
      if (found === null) throw new Error(`${importer} imports ${id}, which is not there`);
      if (!OTHERS.test(found.id) || IN_BUNDLES.test(found.id)) return found;
      return { id: pathToFileURL(found.id).href, external: "absolute" };
    },
  },
};

/** A module finds the files beside it, and tells sources from what was built, by the address that it has as a source. */
const addressesStay: Plugin = {
  name: "addresses-stay",
  transform(code, id) {
    if (!id.endsWith(".ts") || !code.includes("import.meta.url")) return null;
    // No line and no column before it moves, so the map of the source still fits.
    return { code: code.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(id).href)), map: null };
  },
};
