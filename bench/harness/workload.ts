/** A workload compares contenders under sets of conditions, and says what its numbers must show. */

import type { ContenderEntry } from "./contender.ts";

/** One measurement gave these numbers, by the name of the column. */
export type Sample = Readonly<Record<string, number>>;

export interface Column {
  readonly key: string;
  readonly label: string;
  /** So many digits stand after the point. */
  readonly digits: number;
  /** True prints the ratio to the case's reference beside the value. A bound stands in the label instead. */
  readonly ratio?: boolean;
}

/** A case is one set of conditions under which contenders are compared. */
export interface Case {
  readonly name: string;
  readonly contenders: readonly Entrant[];
  /** Ratios refer to this contender. */
  readonly reference: string;
}

/** An entrant is a contender in a case, with the way to measure it, which may throw `VoidRun`. */
export interface Entrant {
  readonly name: string;
  readonly label: string;
  measure(): Promise<Sample>;
}

/** Each of the contenders is measured in the same way. */
export function entrantsOf(
  contenders: readonly ContenderEntry[],
  measure: (contender: ContenderEntry) => Promise<Sample>,
): readonly Entrant[] {
  return contenders.map((contender) => ({
    name: contender.name,
    label: contender.label,
    measure: () => measure(contender),
  }));
}

/** It reads a value of one run, and returns NaN when that contender was not measured in it. */
export type Read = (caseName: string, contender: string, column: string) => number;

/** A target is a claim that the numbers must support. Its value is worked out within each run, and the median counts. */
export interface Target {
  readonly text: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  value(read: Read): number;
}

export interface Workload {
  /** This is `W1`, for example. */
  readonly id: string;
  /** `--only` takes this name. */
  readonly name: string;
  readonly title: string;
  /** The notes tell the reader of the table what was measured and how. */
  readonly notes: readonly string[];
  readonly columns: readonly Column[];
  readonly cases: readonly Case[];
  readonly targets: readonly Target[];
}

/** A plan says how much is measured, and against whom. */
export interface BenchPlan {
  /** True shows quickly whether all of it works: sizes are small, runs are short, and the numbers mean nothing. */
  readonly quick: boolean;
  /** These peers are installed and wanted. */
  readonly peers: readonly ContenderEntry[];
  /** These send frames and know nothing of states. */
  readonly senders: readonly ContenderEntry[];
}

export type MakeWorkload = (plan: BenchPlan) => Workload;
