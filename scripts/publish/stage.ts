/** A package is staged: all that is published of it, and nothing else, is written into a folder of its own. */

import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { partManifest, publishedManifest } from "./published-manifest.ts";
import { isPage, type PublishedPackage, type ShippedPart } from "./published-packages.ts";
import { publishedReadme } from "./published-readme.ts";
import { shippedModules } from "./shipped-modules.ts";

/** The compiler has run, and the page is built. It empties `target` before. */
export function stagePackage(pkg: PublishedPackage, target: string, { root, repository }: StageOptions): void {
  rmSync(target, { recursive: true, force: true });
  for (const [path, text] of shippedModules(pkg, root)) write(join(target, path), text);
  for (const part of pkg.parts) {
    for (const file of assetsOf(part))
      cpSync(join(root, part.folder, file), join(target, part.to, file), { recursive: true });
    if (part.to !== "." && !isPage(part)) writeJson(join(target, part.to, "package.json"), partManifest(part));
  }
  writeJson(join(target, "package.json"), publishedManifest(pkg, repository));
  cpSync(join(root, "LICENSE"), join(target, "LICENSE"));
  const { folder, manifest } = pkg;
  const place = { folder, repository, tag: `v${manifest.version}`, shipped: assetsOf({ ...pkg, to: "." }) };
  write(join(target, "README.md"), publishedReadme(readFileSync(join(root, folder, "README.md"), "utf8"), place));
}

export interface StageOptions {
  readonly root: string;
  /** It is the repository's address for browsers, or null where it has none. */
  readonly repository: string | null;
}

/** All that the manifest names and the compiler has not made. */
function assetsOf(part: ShippedPart): readonly string[] {
  return isPage(part) ? ["dist"] : (part.manifest.files ?? []).filter((file) => file !== "dist");
}

function writeJson(path: string, value: unknown): void {
  write(path, `${JSON.stringify(value, null, 2)}\n`);
}

function write(path: string, text: string): void {
  if (existsSync(path)) throw new Error(`two files are to be ${path}`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
