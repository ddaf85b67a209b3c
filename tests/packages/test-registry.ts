/** A registry for tests: it serves the packed packages, and sends whoever asks for another one to the registry that npm is set to. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { npm, type Packed } from "../../scripts/publish/pack.ts";
import { ROOT } from "../../scripts/run.ts";

export async function startRegistry(packed: readonly Packed[]): Promise<TestRegistry> {
  const { stdout } = await npm(["config", "get", "registry"], ROOT);
  const others = stdout.trim().replace(/\/$/, "");
  const tarballs = new Map(packed.map(({ tarball }) => [`/-/${basename(tarball)}`, readFileSync(tarball)]));
  const http = createServer(({ url = "" }, response) => {
    const tarball = tarballs.get(url);
    if (tarball !== undefined) return response.end(tarball);
    const asked = packed.find(({ pkg }) => decodeURIComponent(url) === `/${pkg.manifest.name}`);
    if (asked === undefined) return response.writeHead(302, { Location: others + url }).end();
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify(packumentOf(asked, address())));
  });
  const address = () => `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return { url: `${address()}/`, close: () => void http.close() };
}

export interface TestRegistry {
  readonly url: string;
  close(): void;
}

/** This is what npm reads of a package before it fetches it. */
function packumentOf({ staged, tarball, pkg }: Packed, registry: string) {
  const { name, version } = pkg.manifest;
  const manifest: object = JSON.parse(readFileSync(join(staged, "package.json"), "utf8"));
  const integrity = `sha512-${createHash("sha512").update(readFileSync(tarball)).digest("base64")}`;
  const dist = { tarball: `${registry}/-/${basename(tarball)}`, integrity };
  return { name, "dist-tags": { latest: version }, versions: { [version]: { ...manifest, dist } } };
}
