/** A failure is seen again by this: the commit, and the command that replays its seed. */

import { execFileSync } from "node:child_process";

export function replayOf(seed: string, pages = false): string {
  return `at commit ${commit()}: npm run sim -- ${pages ? "--pages " : ""}--seed ${seed} --trace`;
}

function commit(): string {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8" }).trim();
  } catch {
    return "unknown"; // The sources may have come without their history.
  }
}
