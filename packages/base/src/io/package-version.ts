/** The version of a package is read from its package.json, so that it is written in one place. */

import { readFileSync } from "node:fs";

/** `manifest` is the address of a package.json: `new URL("../package.json", import.meta.url)`. Without a version in it: "unknown". */
export function packageVersion(manifest: URL): string {
  const found: unknown = JSON.parse(readFileSync(manifest, "utf8"));
  return typeof found === "object" && found !== null && "version" in found ? String(found.version) : "unknown";
}
