/** The workspace is read here: its packages, and every source file of ours. */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { type ModuleNames, namesOf } from "./free-names.ts";

/** It returns every source file under `root`, by its path. It throws when one can't be parsed. */
export function readSources(root: string): SourceFile[] {
  return SOURCE_PARENTS.flatMap((parent) => sourcesUnder(join(root, parent))).map((path) => readSource(root, path));
}

/** It returns every package under `root`, in the order of its folder's name. It throws when a manifest can't be read. */
export function readPackages(root: string, sources: readonly SourceFile[]): Package[] {
  return PACKAGE_PARENTS.flatMap((parent) =>
    namesIn(join(root, parent))
      .filter((name) => namesIn(join(root, parent, name)).includes("package.json"))
      .map((name) => readPackage(root, `${parent}/${name}`, sources)),
  );
}

/** This breaks a rule of the architecture. It says where, what, and where that should go instead. */
export interface ArchitectureViolation {
  /** It is `path:line`, with the path from the root. */
  readonly at: string;
  readonly what: string;
  readonly instead: string;
}

interface Manifest {
  readonly name: string;
  readonly exports?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export interface SourceFile {
  /** It is the path from the root, with `/`. */
  readonly path: string;
  readonly source: string;
  readonly names: ModuleNames;
  /** It is true for a test, and for a suite that tests share. They never ship. */
  readonly isTest: boolean;
}

export interface PackageFile extends SourceFile {
  /** It is the path from the package's `src`, with `/`. */
  readonly pathInSrc: string;
}

export interface Package {
  /** It is the path from the root, with `/`, as in `packages/server`. */
  readonly folder: string;
  readonly manifest: Manifest;
  readonly files: readonly PackageFile[];
}

const SOURCE_PARENTS = ["packages", "apps", "scripts", "bench", "examples", "tests"];
const PACKAGE_PARENTS = ["packages", "apps/fleet"];
/** Nobody here wrote the files of these folders. */
const NOT_OURS: ReadonlySet<string> = new Set(["node_modules", "dist"]);

function readPackage(root: string, folder: string, sources: readonly SourceFile[]): Package {
  const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest;
  const start = `${folder}/src/`;
  const files = sources
    .filter(({ path }) => path.startsWith(start))
    .map((file) => ({ ...file, pathInSrc: file.path.slice(start.length) }));
  return { folder, manifest, files };
}

function readSource(root: string, fullPath: string): SourceFile {
  const path = relative(root, fullPath).split(sep).join("/");
  const source = readFileSync(fullPath, "utf8");
  const isTest = /(\.test|\.test-d|-suite)\.tsx?$/.test(path);
  return { path, source, names: namesOf(source, path), isTest };
}

function sourcesUnder(folder: string): string[] {
  return namesIn(folder).flatMap((name) => {
    const path = join(folder, name);
    if (/\.(tsx?|mjs)$/.test(name)) return name.endsWith(".d.ts") ? [] : [path];
    return name.includes(".") || NOT_OURS.has(name) ? [] : sourcesUnder(path);
  });
}

/** The names are sorted. There are none when there is no such folder. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** It is true for `io/…` and for `store/io/…` inside a package. */
export function isInIo(pathInSrc: string): boolean {
  return `/${dirname(pathInSrc)}/`.includes("/io/");
}

export function at(file: SourceFile, offset: number): string {
  return `${file.path}:${file.source.slice(0, offset).split("\n").length}`;
}
