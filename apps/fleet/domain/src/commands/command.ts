import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { Id, Line, Name, Timestamp } from "../text.ts";
import { COMMAND_STATUSES } from "./command-status.ts";
import { Args } from "./op.ts";

export const Progress = z.object({
  phase: Line,
  current: z.number().min(0).optional(),
  total: z.number().min(0).optional(),
  message: Line.optional(),
});
export type Progress = ReadonlyJson<z.infer<typeof Progress>>;

export const Command = z.object({
  id: Id,
  host: Id,
  op: Name,
  args: Args,
  pipelineId: Id.optional(),
  /** Its place in the pipeline's `stages`. */
  stage: z.int().min(0).optional(),
  status: z.enum(COMMAND_STATUSES),
  /** Why it is pending, or why it ended so. */
  reason: Line.optional(),
  requestedBy: Line,
  createdAt: Timestamp,
  /** It is not started after this time; pending ones become `expired`. */
  deadline: Timestamp.optional(),
  startedAt: Timestamp.optional(),
  finishedAt: Timestamp.optional(),
  exitCode: z.int().optional(),
  progress: Progress.optional(),
  /** Somebody asked to stop it; it is still running until the agent says otherwise. */
  cancelRequested: z.boolean().optional(),
  outputBytes: z.int().min(0),
  /** It has ended, and so has the pipeline it is part of: of these only the newest are kept. */
  retired: z.literal(true).optional(),
});
export type Command = ReadonlyJson<z.infer<typeof Command>>;
