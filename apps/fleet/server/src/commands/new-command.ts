/** A command begins its life here, and its output with it. */

import type { Args, Command } from "@neverstale/fleet-domain";
import type { Work } from "../fleet/work.ts";
import { beginOutput } from "./outputs.ts";

/** A new command is nobody's work yet: `place` says what becomes of it. Its output can be followed from now on. */
export function createCommand(work: Work, command: NewCommand, reason: string): void {
  const { id, host } = command;
  work.change("command_started", host, {
    ...command,
    status: "pending",
    reason,
    createdAt: work.at.iso,
    outputBytes: 0,
  });
  beginOutput(work, id);
}

export interface NewCommand extends Pick<Command, "runId" | "retryOf" | "attempt" | "notBefore"> {
  readonly id: string;
  readonly host: string;
  readonly op: string;
  readonly args: Args;
  readonly requestedBy: string;
  readonly pipelineId?: string;
  readonly stage?: number;
}
