/** The main process and its workers say these things to each other. */

import type { RunPlan } from "../plan/plan.ts";
import type { RunResult } from "../run.ts";

/** The main process asks this of a worker. */
export type Order = SeedsOrder | { readonly plan: RunPlan };

/** A run is over. Its lines stay where it ran. */
export type RunReport = Omit<RunResult, "lines">;

export interface SeedsOrder {
  readonly firstSeed: number;
  readonly runs: number;
}
