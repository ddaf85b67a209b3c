/** Preloaded by `--import`, this lets a process run the bundles of our programs in place of their sources. */

import { readFileSync } from "node:fs";
import { registerHooks, SourceMap } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const folder = process.env.NEVERSTALE_TEST_BUNDLES ?? "";
// Vitest loads the sources itself.
if (folder !== "" && !/[\\/]node_modules[\\/]vitest[\\/]/.test(process.argv[1] ?? "")) runBundles();

function runBundles() {
  const bundles = new Map(Object.entries(JSON.parse(readFileSync(join(folder, "programs.json"), "utf8"))));
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const found = nextResolve(specifier, context);
      const bundle = bundles.get(found.url);
      return bundle === undefined
        ? found
        : { ...found, url: pathToFileURL(join(folder, bundle)).href, format: "module" };
    },
  });
  Error.prepareStackTrace = (error, sites) =>
    [String(error), ...sites.map((site) => `    at ${inSources(site)}`)].join("\n");
}

/** Maps are read only when somebody looks at a stack. */
const maps = new Map();

/** It returns a line of a stack with its place in the sources. */
function inSources(site) {
  const text = String(site);
  const file = site.getFileName() ?? "";
  if (!file.startsWith(pathToFileURL(folder).href)) return text;
  const { originalSource, originalLine, originalColumn } = mapOf(file).findEntry(
    site.getLineNumber() - 1,
    site.getColumnNumber() - 1,
  );
  if (originalSource === undefined) return text;
  const source = fileURLToPath(new URL(originalSource, file));
  return text.replace(/file:[^()]*:\d+:\d+/, () => `${source}:${originalLine + 1}:${originalColumn + 1}`);
}

function mapOf(file) {
  const map = maps.get(file) ?? new SourceMap(JSON.parse(readFileSync(`${fileURLToPath(file)}.map`, "utf8")));
  maps.set(file, map);
  return map;
}
