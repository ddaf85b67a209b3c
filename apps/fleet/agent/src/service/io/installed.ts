/** A file beside agent.yaml says what was installed, so that an upgrade and an uninstall find it. */

import { join } from "node:path";
import { z } from "zod";
import { readIfThere, writeDurably } from "../../machine/io/durable-files.ts";
import type { ServicePlaces } from "../service-places.ts";

const Installed = z.object({
  /** The package that runs has this hash. */
  sha256: z.string(),
  server: z.string(),
  allowHttp: z.boolean(),
  ca: z.string().nullable(),
  config: z.string(),
  user: z.string().nullable(),
  service: z.enum(["systemd", "launchd", "none"]),
});
export type Installed = z.infer<typeof Installed>;

export function readInstalled(places: ServicePlaces): Installed | null {
  const text = readIfThere(fileIn(places));
  return text === null ? null : Installed.parse(JSON.parse(text));
}

export function writeInstalled(places: ServicePlaces, installed: Installed): void {
  writeDurably(fileIn(places), `${JSON.stringify(installed, null, 2)}\n`);
}

function fileIn({ settings }: ServicePlaces): string {
  return join(settings, "installed.json");
}
