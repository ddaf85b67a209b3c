/** This program writes the package of the agent to standard output. Its arguments are the agent's folder, and the Node.js to hand out. */

import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { gzipSync } from "node:zlib";
import { createTar } from "nanotar";
import { gatherFiles } from "./gathered-files.ts";

const [agent = "", ...nodes] = process.argv.slice(2);
const ROOT = "neverstale/";
const MAX_PATH = 99;
const ATTRS = { mode: "644", mtime: 0, uid: 0, gid: 0 };

process.stdout.write(gzipSync(await packed(), { level: 9 }));

/** An installation makes the same bytes each time: nothing in them is of the day or of the machine. */
async function packed(): Promise<Uint8Array> {
  const { version, engines } = JSON.parse(readFileSync(join(agent, "package.json"), "utf8"));
  const manifest = { name: "neverstale-agent", version, private: true, type: "module", engines };
  const files = new Map(gatherFiles(agent));
  files.set("package.json", `${JSON.stringify(manifest, null, 2)}\n`);
  files.set("setup.sh", readFileSync(join(agent, "setup.sh")));
  files.set("nodes.txt", (await Promise.all(nodes.map(nodeLine))).join(""));
  const paths = [...files.keys()].sort();
  const tooLong = paths.find((path) => path.length + ROOT.length > MAX_PATH);
  if (tooLong !== undefined) throw new Error(`the path is too long for every tar: ${tooLong}`);
  return createTar(
    paths.map((path) => ({ name: `${ROOT}${path}`, data: files.get(path) ?? "", attrs: ATTRS })),
    {},
  );
}

/** A Node.js is given as `linux-x64=/path/of/node`. Whoever installs it checks this hash, which the package's own hash covers. */
async function nodeLine(given: string): Promise<string> {
  const [platform = "", ...path] = given.split("=");
  const hash = createHash("sha256");
  await pipeline(createReadStream(path.join("=")), hash);
  return `${platform} ${hash.digest("hex")}\n`;
}
