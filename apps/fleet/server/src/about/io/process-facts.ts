/** The process says what it is. */

import { packageVersion } from "@neverstale/base/node";
import type { AboutAnswer } from "@neverstale/fleet-domain";

export function processFacts(startedMs: number): AboutAnswer & { readonly platform: string } {
  return {
    version: packageVersion(new URL("../../../package.json", import.meta.url)),
    licence: "MIT",
    runtime: `Node.js ${process.versions.node}`,
    startedAt: new Date(startedMs).toISOString(),
    platform: `${process.platform} ${process.arch}`,
  };
}
