/** A dangerous op or pipeline wants a code of the second factor and the number of hosts, of a person (C23). */

import { type Fleet, isDangerousOp, isDangerousPipeline } from "@neverstale/fleet-domain";
import type { JsonObject } from "@neverstale/protocol";
import { codeMissing, type JudgedCode } from "../../accounts/second-factors.ts";
import { hostCount as inWords, note } from "../../fleet/note.ts";
import { RequestRefusal } from "../../fleet/refusal.ts";
import type { Work } from "../../fleet/work.ts";

/** It tells a dangerous dispatch from its arguments, as far as the state knows them now. */
export function looksDangerous(fleet: Fleet, { op, pipeline, pipelineId }: JsonObject): boolean {
  if (typeof op === "string") return isDangerousOp(fleet, op);
  const rule = typeof pipeline === "string" ? fleet.pipelineRules.get(pipeline) : undefined;
  if (rule !== undefined) return isDangerousPipeline(fleet, { name: rule.id, stages: rule.stages });
  const run = typeof pipelineId === "string" ? fleet.pipelines.get(pipelineId) : undefined;
  return run !== undefined && isDangerousPipeline(fleet, run);
}

/**
 * It is called in the transaction that has just started it, which a refusal takes back whole: so what counts is what was started, on the
 * hosts as they are at that moment. It throws `forbidden`, `precondition_failed` or `totp_required`.
 */
export function requireSafeguards(work: Work, asker: DangerAsker, args: JsonObject, answer: JsonObject): void {
  const danger = startedDanger(work.fleet, args, answer);
  if (danger === null) return;
  const { what, hosts } = danger;
  if (asker.isProgram)
    throw new RequestRefusal("forbidden", `${what} is dangerous, and no API token runs it`, {
      hint: "Let a person run it, in the page or with a password in the command line.",
    });
  if (!asker.isEnrolled)
    throw new RequestRefusal("forbidden", `${what} is dangerous, and you have no second factor`, {
      hint: "Set one up in the account menu, or by POST /api/second-factor.",
    });
  requireHostCount(what, hosts, args.hostCount);
  if (asker.code === null) throw codeMissing();
  asker.code.use(work);
  const { user } = asker;
  const message = `${user} confirmed that ${what} runs on ${inWords(hosts.length)}, with the number and a code`;
  note(work, { category: "audit", level: "warn", actor: user, action: "danger_confirmed", message });
}

/** Somebody has asked for a dispatch. */
export interface DangerAsker {
  readonly user: string;
  readonly isProgram: boolean;
  readonly isEnrolled: boolean;
  /** Null means that no code was sent. */
  readonly code: JudgedCode | null;
}

interface Danger {
  readonly what: string;
  readonly hosts: readonly string[];
}

function startedDanger(fleet: Fleet, { op }: JsonObject, answer: JsonObject): Danger | null {
  if (typeof op === "string") {
    const started = answer.commands as unknown as readonly { readonly host: string }[];
    return isDangerousOp(fleet, op) ? { what: op, hosts: started.map(({ host }) => host) } : null;
  }
  const run = fleet.pipelines.get(String(answer.pipelineId));
  if (run === undefined) throw new Error("a pipeline was started that is not there");
  return isDangerousPipeline(fleet, run) ? { what: `pipeline ${run.name}`, hosts: run.hosts } : null;
}

/** It says how many there are now, and which. */
function requireHostCount(what: string, hosts: readonly string[], typed: JsonObject[string] | undefined): void {
  if (typed === hosts.length) return;
  const named = hosts.slice(0, NAMED).join(", ");
  const rest = hosts.length > NAMED ? ` and ${hosts.length - NAMED} more` : "";
  const said = typed === undefined ? "their number was not typed" : `${String(typed)} was typed`;
  throw new RequestRefusal("precondition_failed", `${what} goes to ${inWords(hosts.length)}, and ${said}`, {
    hint: `Nothing was started. It goes to ${named}${rest}: send hostCount ${hosts.length} if that is meant.`,
  });
}

const NAMED = 10;
