import { readFileSync } from "node:fs";

const manifest: unknown = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"));

/** Of the package. */
export const VERSION = versionIn(manifest);

function versionIn(value: unknown): string {
  return typeof value === "object" && value !== null && "version" in value ? String(value.version) : "unknown";
}
