/** A file check is one entry of an `agent.yaml` that the agent runs by itself, again and again, to see whether something is well. */

import { Duration } from "@neverstale/fleet-domain/quantity";
import { z } from "zod";
import { FileOp } from "./file-op.ts";

const ExitStatuses = z.array(z.int().min(1).max(255)).max(20).default([]);
const INTERVAL = "expected a duration from 10s to 24h";

/** An exit status of 0 is `ok`. Any other is an `error`, unless a list says otherwise. */
export const FileCheck = FileOp.pick({ argv: true, user: true, cwd: true, env: true }).extend({
  /** So much time passes between the end of one look and the begin of the next one. */
  every: Duration.refine((ms) => ms >= 10_000 && ms <= 86_400_000, INTERVAL).default(60_000),
  timeout: Duration.default(10_000),
  kill_grace: Duration.default(2_000),
  outdated_on: ExitStatuses,
  unknown_on: ExitStatuses,
});
export type FileCheck = z.infer<typeof FileCheck>;

/** So much is kept of what a check writes. Its first line is its message. */
const CHECK_OUTPUT_BYTES = 4_096;

/** A check runs as an op without arguments runs. */
export function opOf({ every: _, outdated_on: __, unknown_on: ___, ...check }: FileCheck): FileOp {
  return { ...check, args: {}, output_cap: CHECK_OUTPUT_BYTES };
}

/** A look that may take longer than its interval would never be verified for long. */
export function intervalProblem({ every, timeout }: FileCheck): string | null {
  return timeout <= every ? null : `the timeout is longer than every: look less often, or wait less long`;
}
