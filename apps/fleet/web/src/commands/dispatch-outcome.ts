/** The outcome of a dispatch is put into the words that the page shows. */

import { type HttpProblem, problemOf } from "@neverstale/client";
import type { DispatchedCommand } from "@neverstale/fleet-client";
import type { Args } from "@neverstale/fleet-domain";
import { howMany, sentences } from "../state/format.ts";
import type { StartedRun } from "./started-words.ts";

export type DispatchOutcome =
  | {
      readonly kind: "started";
      readonly started: StartedRun;
      /** It says what was not started, and why. It is empty when all was started. */
      readonly sentence: string;
    }
  | { readonly kind: "refused"; readonly sentence: string }
  /** Something that it relied on moved on the way, and nothing was started. It may be sent again by whoever has read that. */
  | { readonly kind: "moved"; readonly sentence: string }
  /** No answer came, so nobody here knows whether it had an effect. To ask again starts nothing twice. */
  | { readonly kind: "unknown"; readonly sentence: string };

/** A dispatch starts an op with its arguments, or a pipeline. */
export type WantedDispatch = (OpRequest | { readonly pipeline: string; readonly hosts: readonly string[] }) & {
  /** They were typed for what is dangerous. */
  readonly safeguards?: Safeguards;
  /** It is refused where what it relies on has moved since this version. */
  readonly seen?: { readonly ifVersion: number; readonly ifEpoch: string } | undefined;
};

export interface Safeguards {
  readonly hostCount: number;
  readonly totp: string;
}

export interface OpRequest {
  readonly op: string;
  /** People know the op by this title. */
  readonly title: string;
  readonly hosts: readonly string[];
  readonly args: Args;
  readonly wait: boolean;
}

export interface SentDispatch {
  readonly outcome: DispatchOutcome;
  /** These commands are under way because of it. */
  readonly commandIds: readonly string[];
  /** The run of an op that it has started. */
  readonly runId: string | null;
  readonly pipelineId: string | null;
}

/** `nameOf` says what a host is called. */
export function opOutcome(
  title: string,
  { commands, runId }: { readonly commands: readonly DispatchedCommand[]; readonly runId: string | null },
  nameOf: (hostId: string) => string,
): SentDispatch {
  const blocked = commands.filter((command) => command.status === "blocked");
  const commandIds = commands.filter((command) => command.status !== "blocked").map((command) => command.id);
  const why = blockedSentence(blocked, nameOf);
  const outcome: DispatchOutcome =
    commandIds.length > 0
      ? { kind: "started", started: { title, commandIds }, sentence: why }
      : { kind: "refused", sentence: sentences(`${title} was not started`, why) };
  return { outcome, commandIds, runId, pipelineId: null };
}

/** It is empty when nothing is blocked. */
function blockedSentence(blocked: readonly DispatchedCommand[], nameOf: (hostId: string) => string): string {
  const [first] = blocked;
  if (first === undefined) return "";
  const others = blocked.length > 1 ? ` and ${howMany(blocked.length - 1, "other")}` : "";
  return `Not started on ${nameOf(first.host)}${others}: ${reasonOf(first)}.`;
}

/** The code in front of a reason is for programs, so it is left out. */
function reasonOf({ reason }: DispatchedCommand): string {
  return reason?.replace(/^[a-z_]+: /, "") ?? "no reason given";
}

/** An outcome that is unknown is told as unknown: the dispatch may have had its effect. */
export function failureWords(error: unknown): DispatchOutcome {
  const problem = problemOf(error);
  if (problem !== null && problem.status < 500) return problemWords(problem);
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : null;
  if (code === "unreachable" || code === "outcome_unknown") {
    return {
      kind: "unknown",
      sentence: "No answer came, so this page does not know whether it was started. To ask again starts nothing twice.",
    };
  }
  return { kind: "refused", sentence: error instanceof Error ? sentences(error.message) : "It failed." };
}

/** The server has said why. It may be asked again for what was only refused because something moved. */
export function problemWords({ code, detail, title, hint, document }: HttpProblem): DispatchOutcome {
  if (code === "precondition_failed" && document.moved !== undefined)
    return { kind: "moved", sentence: sentences(detail) };
  return { kind: "refused", sentence: sentences(detail || title, hint) };
}
