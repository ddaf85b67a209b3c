/** Packages import each other by name, declare what they import, and keep to one direction. */

import { isBuiltin } from "node:module";
import { posix } from "node:path";
import type { ModuleReference } from "./free-names.ts";
import { type ArchitectureViolation, at, type Package, type PackageFile } from "./workspace.ts";

export function strayImports(pkg: Package, all: readonly Package[]): ArchitectureViolation[] {
  return pkg.files.flatMap((file) =>
    file.names.modules.flatMap((reference) => {
      const found = strayImport(pkg, file, reference, all);
      return found === null ? [] : [{ at: at(file, reference.start), ...found }];
    }),
  );
}

/** Everybody may import it. */
const BASE = "packages/base";

/** Each of our packages may import these. Imports all point at `protocol`. `server` and `client` meet only in `sim` and `testing`. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  "packages/base": [],
  "packages/protocol": [],
  "packages/server": ["packages/protocol"],
  "packages/store-sqlite": ["packages/protocol", "packages/server"],
  "packages/store-postgres": ["packages/protocol", "packages/server"],
  "packages/client": ["packages/protocol"],
  "packages/react": ["packages/client", "packages/protocol"],
  "packages/vue": ["packages/client", "packages/protocol"],
  "packages/svelte": ["packages/client", "packages/protocol"],
  "packages/solid": ["packages/client", "packages/protocol"],
  "packages/testing": ["packages/client", "packages/protocol", "packages/server"],
  "packages/sim": ["packages/base", "packages/client", "packages/protocol", "packages/server", "packages/store-sqlite"],
  "packages/conformance": ["packages/protocol"],
  "apps/fleet/domain": ["packages/protocol"],
  "apps/fleet/server": [
    "apps/fleet/domain",
    "packages/protocol",
    "packages/server",
    "packages/store-postgres",
    "packages/store-sqlite",
  ],
  "apps/fleet/agent": ["apps/fleet/domain", "packages/client", "packages/protocol"],
  "apps/fleet/client": ["apps/fleet/domain", "packages/client", "packages/protocol"],
  "apps/fleet/cli": [
    "apps/fleet/agent",
    "apps/fleet/client",
    "apps/fleet/domain",
    "apps/fleet/server",
    "packages/client",
    "packages/protocol",
  ],
  "apps/fleet/web": ["apps/fleet/client", "apps/fleet/domain", "packages/client", "packages/react"],
};

type Finding = { readonly what: string; readonly instead: string } | null;

function strayImport(
  pkg: Package,
  file: PackageFile,
  { specifier }: ModuleReference,
  all: readonly Package[],
): Finding {
  if (specifier.startsWith(".")) return leavesPackage(pkg, file, specifier);
  if (isBuiltin(specifier)) return null;
  const name = packageNameOf(specifier);
  if (name === pkg.manifest.name)
    return { what: `imports its own package as "${name}"`, instead: "import the file itself" };
  return undeclared(pkg, file, name) ?? wrongDirection(pkg, file, name, all);
}

function leavesPackage(pkg: Package, file: PackageFile, specifier: string): Finding {
  const target = posix.join(posix.dirname(file.path), specifier);
  if (target.startsWith(`${pkg.folder}/`)) return null;
  return { what: `"${specifier}" leaves the package`, instead: "import the other package by its name and declare it" };
}

function undeclared(pkg: Package, file: PackageFile, name: string): Finding {
  const { dependencies, devDependencies, peerDependencies } = pkg.manifest;
  const declared = {
    ...dependencies,
    ...peerDependencies,
    ...(file.isTest ? { ...devDependencies, ...ROOT_TEST_PACKAGES } : {}),
  };
  if (Object.hasOwn(declared, name)) return null;
  const section = file.isTest ? "devDependencies" : "dependencies";
  return {
    what: `imports "${name}", which ${pkg.folder}/package.json does not declare`,
    instead: `add it to its ${section}`,
  };
}

/** The root's package.json brings these for every test. */
const ROOT_TEST_PACKAGES = { vitest: "", "fast-check": "", "playwright-core": "" };

function wrongDirection(pkg: Package, file: PackageFile, name: string, all: readonly Package[]): Finding {
  const target = all.find((other) => other.manifest.name === name);
  const allowed = ALLOWED[pkg.folder];
  if (file.isTest || target === undefined || allowed === undefined) return null;
  if (target.folder === BASE ? pkg.folder !== BASE : allowed.includes(target.folder)) return null;
  const instead = allowed.length === 0 ? "it may import nothing of ours" : `it may import ${allowed.join(", ")}`;
  return { what: `${pkg.folder} imports ${target.folder}, against the direction of imports`, instead };
}

function packageNameOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}
