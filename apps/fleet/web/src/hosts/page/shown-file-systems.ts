/** The file systems of a host are shown with the fullest one first. */

import type { FileSystem } from "@neverstale/fleet-domain";

/** Older agents tell of the fullest one alone, without its name. */
export function shownFileSystems(
  told: readonly FileSystem[] | undefined,
  disk: number | undefined,
): readonly FileSystem[] {
  if (told !== undefined && told.length > 0) return told.toSorted((a, b) => b.used - a.used);
  return disk === undefined ? [] : [{ path: "the fullest one", used: disk }];
}
