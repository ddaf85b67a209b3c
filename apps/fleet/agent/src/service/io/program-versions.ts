/** The versions of the program lie beside each other, and a link says which one runs, so that a change to another is one step. */

import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { syncDirectory } from "../../machine/io/durable-files.ts";
import { isEnough } from "../node-needed.ts";
import { programCommand } from "../service-places.ts";
import { fetchNode, hashOfBytes, hashOfFile, type Source } from "./fetched-package.ts";

const CURRENT = "current";

export class ProgramVersions {
  readonly #folder: string;

  /** `folder` is made when it is not there. All may read it. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Unpacks a package whose hash was checked, and returns the name of its version. It does not run yet. */
  async add(content: Buffer, nodeOf: NodeSource): Promise<string> {
    const versions = join(this.#folder, "versions");
    fs.mkdirSync(versions, { recursive: true });
    const unfinished = fs.mkdtempSync(join(versions, ".new-"));
    try {
      fs.chmodSync(unfinished, 0o755);
      execFileSync("tar", ["-xzf", "-", "-C", unfinished], { input: content });
      const manifest: PackageManifest = JSON.parse(
        fs.readFileSync(join(unfinished, "neverstale/package.json"), "utf8"),
      );
      const { version, engines } = manifest;
      await placeNode(unfinished, engines.node, nodeOf);
      const name = `${version}-${hashOfBytes(content).slice(0, 12)}`;
      const place = join(versions, name);
      if (fs.existsSync(place)) fs.renameSync(place, `${unfinished}.old`);
      fs.renameSync(unfinished, place);
      syncDirectory(versions);
      return name;
    } finally {
      for (const rest of [unfinished, `${unfinished}.old`]) fs.rmSync(rest, { recursive: true, force: true });
    }
  }

  /** Starts the program of a version, which says nothing more than its version: that shows that it can run here. */
  tryOut(name: string): void {
    const [node = "", ...args] = programCommand(this.#folder, `versions/${name}`);
    execFileSync(node, [...args, "--version"], { stdio: ["ignore", "ignore", "pipe"] });
  }

  /** Returns the name of the version that runs, or null before the first one. */
  current(): string | null {
    const link = join(this.#folder, CURRENT);
    return fs.lstatSync(link, { throwIfNoEntry: false }) === undefined
      ? null
      : fs.readlinkSync(link).replace(/^versions\//, "");
  }

  /** The next start is that of this version. A crash leaves the one or the other. */
  use(name: string): void {
    const link = join(this.#folder, `${CURRENT}.new`);
    fs.rmSync(link, { force: true });
    fs.symlinkSync(join("versions", name), link);
    fs.renameSync(link, join(this.#folder, CURRENT));
    syncDirectory(this.#folder);
  }

  /** Removes all other versions. Commands that they started may still run: their programs are in memory. */
  removeAllBut(...names: readonly (string | null)[]): void {
    const versions = join(this.#folder, "versions");
    for (const name of fs.readdirSync(versions))
      if (!names.includes(name)) fs.rmSync(join(versions, name), { recursive: true, force: true });
  }
}

/** The new version runs on the Node.js of this process, or on the one that the version before it has. */
export interface NodeSource extends Source {
  readonly path: string;
}

interface PackageManifest {
  readonly version: string;
  readonly engines: { readonly node: string };
}

/**
 * A Node.js that the system keeps up to date is used where it is. Any other is kept with the version, since only its owner may be able
 * to reach it. One that is too old, or another one than the package names, gives way to the server's, which is checked by the package.
 */
async function placeNode(version: string, needed: string, { path, ...source }: NodeSource): Promise<void> {
  const place = join(version, "node");
  const real = fs.realpathSync(path);
  const found = execFileSync(path, ["-p", "process.versions.node"], { encoding: "utf8" }).trim();
  const isUsable = isEnough(found, needed);
  if (isUsable && /^\/(usr|opt\/homebrew)\//.test(real)) return fs.symlinkSync(path, place);
  const platform = `${process.platform}-${process.arch}`;
  const named = fs.readFileSync(join(version, "neverstale/nodes.txt"), "utf8").split("\n");
  const wanted = named.find((line) => line.startsWith(`${platform} `))?.split(" ")[1];
  if (isUsable && (wanted === undefined || (await hashOfFile(real)) === wanted)) return fs.copyFileSync(real, place);
  if (wanted === undefined)
    throw new Error(`the agent needs Node.js ${needed}, ${path} is ${found}, and the server has none for ${platform}`);
  await fetchNode(source, platform, place);
  if ((await hashOfFile(place)) !== wanted)
    throw new Error("what the server sent is not the Node.js that the package names");
}
