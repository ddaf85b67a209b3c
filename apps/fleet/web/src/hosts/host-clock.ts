/** A reading is in doubt where the clock of its host is off, or where its agent is not heard. */

import type { Host } from "@neverstale/fleet-domain";
import { span } from "../state/format.ts";

/** It gives `clock 5 min ahead`, and null where nothing is known against the clock. */
export function clockDoubt({ clockOffset, clockSkewed }: Pick<Host, "clockOffset" | "clockSkewed">): string | null {
  if (clockOffset !== undefined)
    return `clock ${span(Math.abs(clockOffset.ms))} ${clockOffset.ms > 0 ? "ahead" : "behind"}`;
  return clockSkewed === true ? "clock wrong" : null;
}
