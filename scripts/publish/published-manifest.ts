/** The manifest of a published package is made from that of the workspace. */

import { isPage, type Member, type PublishedPackage, type WorkspaceManifest } from "./published-packages.ts";

/** `repository` is its address for browsers, or null where it has none: then no link to it is published. */
export function publishedManifest(pkg: PublishedPackage, repository: string | null): PublishedManifest {
  const { folder, manifest } = pkg;
  const { name, version, description, keywords, license, type, engines, bin, sideEffects, peerDependencies } = manifest;
  return withoutAbsent({
    name,
    version,
    description,
    keywords,
    license,
    ...(repository === null ? {} : linksTo(repository, folder)),
    type,
    engines,
    bin,
    exports: publishedExports(manifest),
    sideEffects,
    dependencies: dependenciesOf(pkg),
    peerDependencies,
  });
}

/** A part's programs tell its version. By what the agent's part needs, a server packs it for other machines. */
export function partManifest({ manifest: { name, version, type, engines, dependencies } }: Member): PublishedManifest {
  return withoutAbsent({ name, version, private: true, type, engines, dependencies });
}

export type PublishedManifest = Readonly<Record<string, unknown>>;

function linksTo(repository: string, folder: string) {
  return {
    repository: { type: "git", url: `git+${repository}.git`, directory: folder },
    homepage: `${repository}/tree/main/${folder}#readme`,
    bugs: `${repository}/issues`,
  };
}

/** The condition `source` leads to what is not published. An entry that has nothing else is for the workspace alone. */
function publishedExports({ exports = {} }: WorkspaceManifest): Readonly<Record<string, unknown>> {
  const entries = Object.entries(exports).flatMap(([subpath, target]): [string, unknown][] => {
    if (typeof target === "string") return [[subpath, target]];
    const { source: _, ...others } = target;
    return Object.keys(others).length === 0 ? [] : [[subpath, others]];
  });
  return Object.fromEntries(entries);
}

/** Those of all parts, without the parts. */
function dependenciesOf({ parts }: PublishedPackage): Readonly<Record<string, string>> | undefined {
  const own = new Set(parts.map(({ manifest }) => manifest.name));
  const all = parts
    .filter((part) => !isPage(part))
    .flatMap(({ manifest }) => Object.entries(manifest.dependencies ?? {}));
  const needed = all.filter(([name]) => !own.has(name)).sort(([a], [b]) => (a < b ? -1 : 1));
  return needed.length === 0 ? undefined : Object.fromEntries(needed);
}

function withoutAbsent(manifest: Readonly<Record<string, unknown>>): PublishedManifest {
  return Object.fromEntries(Object.entries(manifest).filter(([, value]) => value !== undefined));
}
