/** A failure is seen again by this: the commit, and the command that replays its seed. */

import { execFileSync } from "node:child_process";
import { optionOf, type PlanKind } from "./kinds.ts";

export function replayOf(seed: string, kind: PlanKind = "all"): string {
  return `at commit ${commit()}: npm run sim -- ${[...optionOf(kind), "--seed", seed].join(" ")} --trace`;
}

function commit(): string {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8" }).trim();
  } catch {
    return "unknown"; // The sources may have come without their history.
  }
}
