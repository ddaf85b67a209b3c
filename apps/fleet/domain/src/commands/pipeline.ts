/** A pipeline runs ops, one stage after the other, on some hosts. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { MostFailed, WaveSize } from "../catalogue/waves.ts";
import { atMost } from "../hosts/host.ts";
import { Id, Line, Name, Timestamp } from "../text.ts";

export const FINAL_PIPELINE_STATUSES = ["complete", "partial", "failed", "cancelled"] as const;
export const PIPELINE_STATUSES = ["running", ...FINAL_PIPELINE_STATUSES] as const;

/** The grid of a pipeline, host by stage, is read from its commands. */
export const Pipeline = z.object({
  id: Id,
  name: Name,
  /** Each stage is named by its op. */
  stages: z.array(Name).min(1).max(50),
  hosts: z.array(Id).min(1).max(10_000),
  currentStage: z.int().min(0),
  status: z.enum(PIPELINE_STATUSES),
  /** On these hosts a stage did not succeed. Their later stages are skipped. */
  failedHosts: z.array(Id).max(10_000),
  /** Where it did not come to its end: the first stage that did not succeed there, and whether that was begun. */
  unfinished: z
    .record(Id, z.object({ stage: z.int().min(0), started: z.boolean() }))
    .refine(atMost(10_000), "at most 10,000 hosts")
    .optional(),
  /** Its hosts take their turns in waves of these sizes, in the order in which they are listed. */
  waves: z.array(WaveSize).min(1).max(20).optional(),
  currentWave: z.int().min(0).optional(),
  pauseMs: z.int().min(1).optional(),
  /** The next wave begins then. It is absent while a wave is under way. */
  nextWaveAt: Timestamp.optional(),
  maxFail: MostFailed.optional(),
  /** It says why the pipeline did not go on. */
  reason: Line.optional(),
  /** It runs what that pipeline left undone. */
  retryOf: Id.optional(),
  requestedBy: Line,
  createdAt: Timestamp,
  finishedAt: Timestamp.optional(),
});
export type Pipeline = ReadonlyJson<z.infer<typeof Pipeline>>;
export type PipelineStatus = Pipeline["status"];
