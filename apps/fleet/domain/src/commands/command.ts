/** A command is one op on one host, from the moment that somebody asked for it until its end. */

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
  /** The commands that one dispatch started have the same. A command of a pipeline has none, since `pipelineId` says as much. */
  runId: Id.optional(),
  pipelineId: Id.optional(),
  /** This is its place in the pipeline's `stages`. */
  stage: z.int().min(0).optional(),
  status: z.enum(COMMAND_STATUSES),
  /** It says why the command is pending, or why it ended so. */
  reason: Line.optional(),
  requestedBy: Line,
  createdAt: Timestamp,
  /** It is not started after this time: a pending command becomes `expired`. */
  deadline: Timestamp.optional(),
  startedAt: Timestamp.optional(),
  finishedAt: Timestamp.optional(),
  exitCode: z.int().optional(),
  progress: Progress.optional(),
  /** Somebody asked to stop it. It runs until the agent says otherwise. */
  cancelRequested: z.boolean().optional(),
  outputBytes: z.int().min(0),
  /** Its op has succeeded, and the command has once these checks of its host were found to be ok after that. Until then it runs. */
  verifying: z
    .object({
      checks: z.array(Name).min(1).max(20),
      /** The op ended then. */
      since: Timestamp,
      /** The command has failed when they are not ok by then. */
      until: Timestamp,
      exitCode: z.int().optional(),
    })
    .optional(),
  /** The command before it failed, and this one tries the same again. */
  retryOf: Id.optional(),
  /** It is the so-and-so-many-th try. The first try doesn't say so. */
  attempt: z.int().min(2).optional(),
  /** It is given to its agent then or later. */
  notBefore: Timestamp.optional(),
  /** It failed, and that command tries the same again. */
  retriedBy: Id.optional(),
  /** The command has ended, and so has the pipeline that it is part of. Only the newest of these are kept. */
  retired: z.literal(true).optional(),
});
export type Command = ReadonlyJson<z.infer<typeof Command>>;
