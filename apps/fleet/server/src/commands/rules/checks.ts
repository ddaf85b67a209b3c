/** An op may ask for checks of its host: before it begins, and after it has succeeded. */

import { asLine, type Command, type Host, isVerified } from "@neverstale/fleet-domain";
import { isoAfter } from "../../fleet/moment.ts";
import { line, note } from "../../fleet/note.ts";
import type { View, Work } from "../../fleet/work.ts";
import { finishOutput } from "../outputs.ts";

/** Null means that all of these checks are known to be ok now. */
export function checkProblem(host: Host, names: readonly string[], nowMs: number): string | null {
  return names.map((name) => problemOf(host, name, nowMs)).find((problem) => problem !== null) ?? null;
}

function problemOf({ checks }: Host, name: string, nowMs: number): string | null {
  const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
  if (check === undefined) return `check: its agent makes no check ${name}`;
  if (check.status !== "ok") return line(`check: ${name} is ${check.status}: ${check.message}`);
  return isVerified(check, nowMs) ? null : `check: ${name} was not told again in time`;
}

/**
 * The op has succeeded, and its agent needs to know nothing more of it. The host is free for others. The command waits in the state for what the
 * checks say from now on. It returns false where no check is asked for.
 */
export function awaitChecks(work: Work, command: Command, exitCode: number | undefined, actor: string): boolean {
  const { id, host, op } = command;
  const rule = work.fleet.opRules.get(op);
  if (rule?.postChecks === undefined) return false;
  const checks = [...rule.postChecks];
  const until = isoAfter(work.at, rule.postWithinMs ?? WITHIN_MS);
  const verifying = { checks, since: work.at.iso, until, ...(exitCode === undefined ? {} : { exitCode }) };
  const reason = `post-check: it succeeded, and waits until ${checks.join(", ")} ${checks.length === 1 ? "is" : "are"} ok`;
  const outputBytes = finishOutput(work, id) ?? command.outputBytes;
  // One that was given up as lost is open again, or nobody would look whether its checks are ok.
  const open = { status: "running", finishedAt: null, retired: null } as const;
  work.change("command_progress", host, { id, ...open, verifying, reason: line(reason), progress: null, outputBytes });
  if (work.agent(host)?.commands.has(id)) work.changeAgent(host, "assignment_removed", id, {});
  if (work.fleet.hosts.get(host)?.runningCommand === id) work.change("host_updated", host, { runningCommand: null });
  note(work, {
    category: "audit",
    level: "info",
    actor,
    host,
    action: "command_awaits_checks",
    message: `${op} on ${host} is done, and waits for ${checks.join(", ")}`,
    details: { commandId: id },
  });
  return true;
}

const WITHIN_MS = 60_000;

/** It returns how a command ends that waits for its checks, and null while it goes on waiting, or waits for none. */
export function verification({ fleet }: View, command: Command, now: string): Verified | null {
  const { verifying } = command;
  const host = fleet.hosts.get(command.host);
  if (verifying === undefined || command.status !== "running" || host === undefined) return null;
  const { checks, since, until } = verifying;
  const nowMs = Date.parse(now);
  const problem = checkProblem(host, checks, nowMs) ?? notMadeSince(host, checks, since);
  if (problem === null) return { status: "succeeded", reason: line(`post-check: ${checks.join(", ")} ok`) };
  return until <= now ? { status: "failed", reason: line(asLine(`post-${problem}`)) } : null;
}

export interface Verified {
  readonly status: "succeeded" | "failed";
  readonly reason: string;
}

/** A look that began before the op's end says nothing of what the op has done. */
function notMadeSince({ checks }: Host, names: readonly string[], since: string): string | null {
  const old = names.find((name) => (checks[name]?.checkedAt ?? "") <= since);
  return old === undefined ? null : `check: ${old} was not made since the op's end`;
}
