/** A pipeline runs ops, one stage after the other, on some hosts. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
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
  requestedBy: Line,
  createdAt: Timestamp,
  finishedAt: Timestamp.optional(),
});
export type Pipeline = ReadonlyJson<z.infer<typeof Pipeline>>;
export type PipelineStatus = Pipeline["status"];
