/** The agent's own files are gathered from the running installation, with those of all packages that it needs. */

import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { basename, dirname, join, relative, sep } from "node:path";
import { compiledPath, isShippedOfOthers, isShippedSource, withCompiledImports } from "../shipped-files.ts";

/** The files stand by their paths in the package. `agent` is the folder of the agent's package, in a checkout or an installation. */
export function gatherFiles(agent: string): ReadonlyMap<string, string | Uint8Array> {
  const gathering = new Gathering();
  gathering.add(agent, AGENT_PLACE);
  return gathering.files;
}

const AGENT_PLACE = "fleet/agent";

class Gathering {
  readonly files = new Map<string, string | Uint8Array>();
  /** These folders of packages stand at these places already. */
  readonly #placed = new Map<string, string>();

  add(folder: string, place: string): void {
    this.#placed.set(place, folder);
    const manifest: Manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    if (isSource(folder)) this.#addSources(folder, place, manifest.files ?? []);
    else this.#addFiles(folder, place, isPart(folder) ? () => true : isShippedOfOthers);
    for (const name of Object.keys(manifest.dependencies ?? {}).sort()) this.#addNeeded(name, folder, place);
  }

  /** Two releases of one package may be needed. The second one found stands below the package that needs it. */
  #addNeeded(name: string, by: string, place: string): void {
    const found = packageFrom(by, name);
    if (found === null) throw new Error(`${by} needs ${name}, which is not installed`);
    const { folder, isBeside } = found;
    const here = isBeside ? join(dirname(place), basename(folder)).split(sep).join("/") : `node_modules/${name}`;
    const placed = this.#placed.get(here);
    if (placed === folder) return;
    this.add(folder, placed === undefined ? here : `${place}/node_modules/${name}`);
  }

  #addSources(folder: string, place: string, shipped: readonly string[]): void {
    for (const path of filesBelow(folder, "src").filter(isShippedSource)) {
      const text = withCompiledImports(stripTypeScriptTypes(readFileSync(join(folder, path), "utf8")));
      this.files.set(`${place}/${compiledPath(path)}`, text);
    }
    for (const path of ["package.json", ...shipped.filter((entry) => entry !== "dist")])
      for (const file of filesBelow(folder, path)) this.files.set(`${place}/${file}`, readFileSync(join(folder, file)));
  }

  #addFiles(folder: string, place: string, isShipped: (path: string) => boolean): void {
    for (const path of filesBelow(folder, ".").filter(isShipped))
      this.files.set(`${place}/${path}`, readFileSync(join(folder, path)));
  }
}

interface Manifest {
  readonly files?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** In a checkout the packages are folders outside of `node_modules`, and nothing was compiled. */
function isSource(folder: string): boolean {
  return !folder.split(sep).includes("node_modules") && existsSync(join(folder, "src"));
}

/** An installation brings the parts of the fleet beside each other, below the package `neverstale`. */
function isPart(folder: string): boolean {
  return basename(dirname(folder)) === "fleet";
}

/** Packages are looked for as Node does. Parts of the fleet may stand beside each other instead. */
function packageFrom(folder: string, name: string): { readonly folder: string; readonly isBeside: boolean } | null {
  const beside = join(dirname(folder), name.replace(/^@neverstale\/fleet-/, ""));
  if (isPart(folder) && name.startsWith("@neverstale/fleet-") && !isSource(folder))
    return existsSync(beside) ? { folder: beside, isBeside: true } : null;
  for (let at = folder; ; at = dirname(at)) {
    const candidate = join(at, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return { folder: realpathSync(candidate), isBeside: false };
    if (dirname(at) === at) return null;
  }
}

/** Returns the paths from `folder` of all files at or below `path`. */
function filesBelow(folder: string, path: string): string[] {
  const at = join(folder, path);
  if (!existsSync(at)) return [];
  const entries = readdirSync(dirname(at), { withFileTypes: true }).find(({ name }) => name === basename(at));
  if (entries?.isFile() === true) return [path];
  return readdirSync(at, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).split(sep).join("/"))
    .sort();
}
