/** Released versions are kept here, with what must be found in their data. */

import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { StateAnswer } from "@neverstale/fleet-domain";
import type { Admin } from "../browser/api.ts";
import { unpack } from "./pack.ts";

/** There is a folder for each released version, which `make-release.ts` has written. */
export const RELEASES = fileURLToPath(new URL("releases", import.meta.url));

/** These must be found in a fleet's data directory. */
export interface FleetFacts {
  readonly hostId: string;
  /** The host's agent has this. */
  readonly credential: string;
  /** This command has ended, and `output` is all that it wrote. */
  readonly commandId: string;
  readonly output: string;
  readonly state: StateAnswer["state"];
}

export function releasedVersions(): string[] {
  return readdirSync(RELEASES);
}

/** Unpacks a part of a release into a new directory, which the caller removes. */
export function unpacked(version: string, part: string): string {
  const folder = mkdtempSync(join(tmpdir(), "neverstale-upgrade-"));
  unpack(join(RELEASES, version, part), folder);
  return folder;
}

export function factsIn<Facts>(folder: string): Facts {
  return JSON.parse(readFileSync(join(folder, "facts.json"), "utf8")) as Facts;
}

export async function outputOf(address: string, { cookie }: Admin, commandId: string): Promise<string> {
  const response = await fetch(`${address}/api/commands/${commandId}/output?format=plain`, { headers: { cookie } });
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${await response.text()}`);
  return response.text();
}
