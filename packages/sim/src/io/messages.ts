import type { RunPlan } from "../plan/plan.ts";
import type { RunResult } from "../run.ts";

export interface SeedsOrder {
  readonly firstSeed: number;
  readonly runs: number;
}

/** What the main process asks of a worker. */
export type Order = SeedsOrder | { readonly plan: RunPlan };

/** A run is over; its lines stay where it ran. */
export type RunReport = Omit<RunResult, "lines">;
