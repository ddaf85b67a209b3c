/** The plan says what an assignment comes to on this host, by the host's own file alone. */

import { type Assignment, checkArgs } from "@neverstale/fleet-domain";
import { type AgentFile, offerOf } from "./agent-file.ts";
import { argvOf, type Places } from "./argv.ts";
import { type FileCheck, opOf } from "./file-check.ts";
import type { FileOp } from "./file-op.ts";
import type { Job } from "./job.ts";

/** `args` are complete: defaults are filled in. `refusal` is a sentence for people. */
export type Plan =
  | { readonly args: Readonly<Record<string, string | number>>; readonly job: Job }
  | { readonly refusal: string };

/** These parts of the machine decide what an op of the file comes to. */
export interface Machine {
  readonly places: Places;
  readonly lookUpUser: UserLookup;
}

/** Finds the user that an op's file names. There is a problem when this agent can't switch to that user. */
export type UserLookup = (name: string) => { readonly user: Job["user"] } | { readonly problem: string };

export function planOf(file: AgentFile, machine: Machine, assignment: Assignment): Plan {
  const op = Object.hasOwn(file.ops, assignment.op) ? file.ops[assignment.op] : undefined;
  if (op === undefined) return { refusal: `this host doesn't allow ${assignment.op}` };
  const checked = checkArgs(offerOf(assignment.op, op), assignment.args);
  if (!checked.ok) return { refusal: checked.problem };
  const filled = argvOf(op, checked.args, machine.places);
  if ("problem" in filled) return { refusal: filled.problem };
  const runAs = op.user === undefined ? { user: null } : machine.lookUpUser(op.user);
  if ("problem" in runAs) return { refusal: runAs.problem };
  return { args: checked.args, job: jobOf(op, filled.argv, runAs.user, assignment.id) };
}

/** It is how a check of the file is run, under an id of its own. A refusal says why it can't be. */
export function planOfCheck(check: FileCheck, machine: Machine, id: string): Plan {
  const op = "check";
  return planOf({ ops: { [op]: opOf(check) }, checks: {} }, machine, { id, op, args: {}, status: "assigned" });
}

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The environment is fixed: nothing of the agent's own reaches a command. */
function jobOf(op: FileOp, argv: readonly string[], user: Job["user"], commandId: string): Job {
  const env = { PATH, LANG: "C.UTF-8", ...op.env, NEVERSTALE_COMMAND_ID: commandId };
  const { cwd, timeout: timeoutMs, kill_grace: killGraceMs, output_cap: outputCapBytes } = op;
  return { argv, env, cwd, user, timeoutMs, killGraceMs, outputCapBytes };
}
