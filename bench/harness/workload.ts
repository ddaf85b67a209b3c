import type { ContenderEntry } from "./contender.ts";

/** What one measurement gave, by the name of the column. */
export type Sample = Readonly<Record<string, number>>;

export interface Column {
  readonly key: string;
  readonly label: string;
  /** Digits after the point. */
  readonly digits: number;
  /** A bound is stated in the label; a ratio to the case's reference is printed beside the value. */
  readonly ratio?: boolean;
}

/** One set of conditions, under which contenders are compared. */
export interface Case {
  readonly name: string;
  readonly contenders: readonly Entrant[];
  /** The contender that ratios refer to. */
  readonly reference: string;
}

/** A contender in a case: its name, its label, and how it is measured. May throw `VoidRun`. */
export interface Entrant {
  readonly name: string;
  readonly label: string;
  measure(): Promise<Sample>;
}

/** Reads a value of one run; NaN when that contender was not measured in it. */
export type Read = (caseName: string, contender: string, column: string) => number;

/** A claim that the numbers must support. Its value is worked out within each run; the median counts. */
export interface Target {
  readonly text: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  value(read: Read): number;
}

export interface Workload {
  /** `W1`. */
  readonly id: string;
  /** As in `--only`. */
  readonly name: string;
  readonly title: string;
  /** What was measured and how, for the reader of the table. */
  readonly notes: readonly string[];
  readonly columns: readonly Column[];
  readonly cases: readonly Case[];
  readonly targets: readonly Target[];
}

/** How much is measured, and against whom. */
export interface BenchPlan {
  /** For a look at whether all of it works: small sizes, short runs, numbers that mean nothing. */
  readonly quick: boolean;
  /** The peers that are installed and wanted. */
  readonly peers: readonly ContenderEntry[];
}

export type MakeWorkload = (plan: BenchPlan) => Workload;
