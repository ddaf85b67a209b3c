/** `node --conditions=source scripts/publish/pack-fleet.ts FOLDER` packs the package `neverstale` and all of ours that it needs. */

import { copyFileSync, mkdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { ROOT } from "../run.ts";
import { packAll } from "./pack.ts";
import { closureOf } from "./published-packages.ts";

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("say into which folder the tarballs go");
mkdirSync(folder, { recursive: true });
const packed = await packAll(join(ROOT, ".cache/fleet"), { root: ROOT, repository: null });
const needed = closureOf(
  "neverstale",
  packed.map(({ pkg }) => pkg),
);
for (const { pkg, tarball } of packed)
  if (needed.has(pkg.manifest.name)) copyFileSync(tarball, resolve(folder, basename(tarball)));
