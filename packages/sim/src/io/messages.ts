import type { RunResult } from "../run.ts";

/** What the main process asks of a worker. */
export interface Order {
  readonly firstSeed: number;
  readonly runs: number;
}

/** A run is over; its lines stay where it ran. */
export type Report = Omit<RunResult, "lines">;
