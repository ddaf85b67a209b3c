/** The query for the metrics of a host over a while, and its answer. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { Id, Timestamp } from "../text.ts";
import type { HostReading } from "./host.ts";

/** These are kept over time, in this order, which stored rows rely on: a new one goes to the end. */
export const METRIC_NAMES = [
  ...(["cpu", "ram", "swap", "load1", "disk"] as const),
  ...(["netIn", "netOut", "diskRead", "diskWrite", "memoryOfAllowed"] as const),
] satisfies readonly NumberOf<HostReading>[];
type NumberOf<Reading> = {
  [Name in keyof Reading]-?: Reading[Name] extends number | undefined ? Name : never;
}[keyof Reading];
export type MetricName = (typeof METRIC_NAMES)[number];

/** Points may be so many seconds apart. */
export const METRIC_STEPS = ["10", "60", "600", "3600", "21600", "86400"] as const;

/** `GET /api/hosts/:id/metrics` takes these. */
export const HostMetricsQuery = z.strictObject({
  from: Timestamp.describe("One hour before `to`, if it is not given.").optional(),
  to: Timestamp.describe("Now, if it is not given.").optional(),
  step: z
    .enum(METRIC_STEPS)
    .describe("The seconds from one point to the next. Without it they are as close as fits in 1,000 points.")
    .optional(),
});

/** It is the least, the mean and the greatest value of a while. */
const Spread = z.tuple([z.number(), z.number(), z.number()]);
export type Spread = readonly [min: number, mean: number, max: number];

export const HostMetricsAnswer = z.object({
  host: Id,
  /** The first point is of the while that begins then. */
  from: Timestamp,
  /** The last point is of the while that ends then. */
  to: Timestamp,
  /** It is in seconds. */
  step: z.int(),
  /** Each metric that was told has a value for each point: min, mean and max. Null is a hole: nothing was told. */
  metrics: z.partialRecord(z.enum(METRIC_NAMES), z.array(Spread.nullable())),
});
export type HostMetricsAnswer = ReadonlyJson<z.infer<typeof HostMetricsAnswer>>;
