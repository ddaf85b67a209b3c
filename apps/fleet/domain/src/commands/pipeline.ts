import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { Id, Line, Name, Timestamp } from "../text.ts";

export const FINAL_PIPELINE_STATUSES = ["complete", "partial", "failed", "cancelled"] as const;
export const PIPELINE_STATUSES = ["running", ...FINAL_PIPELINE_STATUSES] as const;

/** An ordered list of ops over some hosts. Its grid of host by stage is read from its commands. */
export const Pipeline = z.object({
  id: Id,
  name: Name,
  /** The op of each stage. */
  stages: z.array(Name).min(1).max(50),
  hosts: z.array(Id).min(1).max(10_000),
  currentStage: z.int().min(0),
  status: z.enum(PIPELINE_STATUSES),
  /** Hosts on which a stage did not succeed: their later stages are skipped. */
  failedHosts: z.array(Id).max(10_000),
  requestedBy: Line,
  createdAt: Timestamp,
  finishedAt: Timestamp.optional(),
});
export type Pipeline = ReadonlyJson<z.infer<typeof Pipeline>>;
export type PipelineStatus = Pipeline["status"];
