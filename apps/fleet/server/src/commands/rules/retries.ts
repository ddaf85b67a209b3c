/** A command that failed is tried again by a command of its own, as often as the rule of its op says. */

import { type Command, type FinalStatus, MOST_RETRIES } from "@neverstale/fleet-domain";
import { isoAfter } from "../../fleet/moment.ts";
import { note } from "../../fleet/note.ts";
import type { Work } from "../../fleet/work.ts";
import { createCommand } from "../new-command.ts";

/**
 * The next try is made in the transaction in which its command ends, so no end is without it, and none has two. It waits in the state
 * for its time. `command` is as it was before the end.
 */
export function planRetry(work: Work, command: Command, status: FinalStatus): void {
  const { id, host, op, args, requestedBy, runId, pipelineId, stage, attempt = 1 } = command;
  const rule = work.fleet.opRules.get(op);
  const retries = Math.min(rule?.retries ?? 0, MOST_RETRIES);
  if (attempt > retries || !isRetried(work, command, status)) return;
  const next = work.at.newId();
  const waitMs = Math.min((rule?.backoffMs ?? BACKOFF_MS) * 2 ** (attempt - 1), LONGEST_BACKOFF_MS);
  const ofPipeline = pipelineId === undefined || stage === undefined ? {} : { pipelineId, stage };
  const place = runId === undefined ? ofPipeline : { runId };
  const again = { retryOf: id, attempt: attempt + 1, notBefore: isoAfter(work.at, waitMs) };
  const reason = `retry: it begins ${waitMs / 1_000} s after the try before it`;
  createCommand(work, { id: next, host, op, args, requestedBy, ...place, ...again }, reason);
  work.change("command_progress", host, { id, retriedBy: next });
  note(work, {
    category: "audit",
    level: "info",
    actor: "server",
    host,
    action: "command_retried",
    message: `${op} on ${host} is tried again in ${waitMs / 1_000} s: retry ${attempt} of ${retries}`,
    details: { commandId: next, retryOf: id },
  });
}

const BACKOFF_MS = 10_000;
const LONGEST_BACKOFF_MS = 60 * 60_000;

/**
 * Only what ran and failed is tried again. What somebody stopped, or what was lost and may still run, is not, nor what nobody here had
 * asked for. In a pipeline that has ended, or goes no further, nothing begins.
 */
function isRetried(work: Work, command: Command, status: FinalStatus): boolean {
  const { host, pipelineId, requestedBy, cancelRequested } = command;
  if (status !== "failed" && status !== "timed_out") return false;
  if (command.status !== "running" || cancelRequested === true || requestedBy === `agent:${host}`) return false;
  if (pipelineId === undefined) return true;
  const pipeline = work.fleet.pipelines.get(pipelineId);
  return pipeline?.status === "running" && pipeline.reason === undefined;
}

/** A command that is tried again waits until its time has come, or until a clock that was wrong is put back to before it was made. */
export function isDue({ createdAt, notBefore }: Command, now: string): boolean {
  return notBefore === undefined || notBefore <= now || now < createdAt;
}
