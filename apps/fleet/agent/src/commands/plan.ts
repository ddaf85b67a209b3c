import { type Assignment, checkArgs } from "@neverstale/fleet-domain";
import { type AgentFile, type FileOp, offerOf } from "../policy/agent-file.ts";
import { argvOf, type Places } from "../policy/argv.ts";
import type { Plan } from "./decide.ts";
import type { Job } from "./job.ts";

/** Who an op runs as, when its file names a user: a problem when this agent can't switch to it. */
export type UserLookup = (name: string) => { readonly user: Job["user"] } | { readonly problem: string };

export interface Machine {
  readonly places: Places;
  readonly lookUpUser: UserLookup;
}

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What an assignment comes to on this host, by its own file alone. */
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

/** The environment is fixed: nothing of the agent's own reaches a command. */
function jobOf(op: FileOp, argv: readonly string[], user: Job["user"], commandId: string): Job {
  const env = { PATH, LANG: "C.UTF-8", ...op.env, NEVERSTALE_COMMAND_ID: commandId };
  const { cwd, timeout: timeoutMs, kill_grace: killGraceMs, output_cap: outputCapBytes } = op;
  return { argv, env, cwd, user, timeoutMs, killGraceMs, outputCapBytes };
}
