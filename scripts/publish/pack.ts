/** All published packages are built, staged and packed into tarballs. */

import { execFile } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { buildWebPage } from "../../apps/fleet/cli/src/serve/io/web-page.ts";
import { run } from "../run.ts";
import { type PublishedPackage, publishedPackages } from "./published-packages.ts";
import { type StageOptions, stagePackage } from "./stage.ts";

/** It resolves to what was packed into `folder`, in the order in which it can be published. */
export async function packAll(folder: string, options: StageOptions): Promise<Packed[]> {
  const { root } = options;
  if ((await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "--build"])) !== 0)
    throw new Error("the packages can't be compiled");
  await buildWebPage((line) => console.log(line), root);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const packed: Packed[] = [];
  for (const pkg of publishedPackages(root)) packed.push(await pack(pkg, folder, options));
  return packed;
}

export interface Packed {
  readonly pkg: PublishedPackage;
  /** It holds exactly what the tarball holds. */
  readonly staged: string;
  readonly tarball: string;
}

async function pack(pkg: PublishedPackage, folder: string, options: StageOptions): Promise<Packed> {
  const staged = join(folder, "staged", pkg.manifest.name);
  stagePackage(pkg, staged, options);
  const { stdout } = await npm(["pack", "--json", "--ignore-scripts", "--pack-destination", folder], staged);
  return { pkg, staged, tarball: join(folder, filenameIn(JSON.parse(stdout), pkg.manifest.name)) };
}

/** Newer releases of npm answer with an object by name, older ones with a list. */
function filenameIn(answer: Answer, name: string): string {
  const found = Object.values(answer)[0];
  if (found === undefined) throw new Error(`npm has packed nothing of ${name}`);
  return found.filename;
}

type Answer = Readonly<Record<string, PackedByNpm | undefined>>;

interface PackedByNpm {
  readonly filename: string;
}

/** It rejects with what npm has said. */
export function npm(args: readonly string[], cwd: string): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)("npm", [...args], { cwd, maxBuffer: 64 * 1_048_576, shell: process.platform === "win32" });
}
