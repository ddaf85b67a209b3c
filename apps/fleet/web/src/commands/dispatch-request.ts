import { type DispatchedCommand, type DispatchedOp, keyWithTime, problemOf, type StateSync } from "@neverstale/client";
import type { Args, Fleet } from "@neverstale/fleet-domain";
import { count, sentences } from "../state/format.ts";
import { at } from "../state/io/base-path.ts";
import type { RunOutcome } from "./dispatch-bar.tsx";

/** What a request starts: an op with its arguments, or a pipeline. */
export type RunRequest =
  | {
      readonly op: string;
      /** How people call it. */
      readonly title: string;
      readonly hosts: readonly string[];
      readonly args: Args;
      readonly wait: boolean;
    }
  | { readonly pipeline: string; readonly hosts: readonly string[] };

export interface Started {
  readonly outcome: RunOutcome;
  /** The commands that are under way because of it. */
  readonly commandIds: readonly string[];
  readonly pipelineId: string | null;
}

/**
 * Sends the request and says in words what came of it. A repeat of one whose answer was lost carries the same key, so
 * that nothing starts twice (rule D1).
 */
export async function run(
  sync: StateSync<Fleet>,
  request: RunRequest,
  key: string,
  nameOf: (host: string) => string,
): Promise<Started> {
  try {
    return "op" in request ? await runOp(sync, request, key, nameOf) : await runPipeline(sync, request, key);
  } catch (error) {
    return { outcome: failureWords(error), commandIds: [], pipelineId: null };
  }
}

type OpRequest = Extract<RunRequest, { op: string }>;

async function runOp(
  sync: StateSync<Fleet>,
  request: OpRequest,
  key: string,
  nameOf: (host: string) => string,
): Promise<Started> {
  const body = { op: request.op, hosts: request.hosts, args: request.args, ...(request.wait ? { wait: true } : {}) };
  const answer = (await sync.dispatch(at("/api/dispatch"), body, { idempotencyKey: key })) as unknown as DispatchedOp;
  await shown(sync, answer);
  const blocked = answer.commands.filter((command) => command.status === "blocked");
  const under = answer.commands.filter((command) => command.status !== "blocked");
  const commandIds = under.map((command) => command.id);
  const why = blockedSentence(blocked, nameOf);
  const outcome: RunOutcome =
    under.length > 0
      ? { kind: "started", started: { title: request.title, commandIds }, sentence: why }
      : { kind: "refused", sentence: sentences(`${request.title} was not started`, why) };
  return { outcome, commandIds, pipelineId: null };
}

/** Empty when nothing is blocked. */
function blockedSentence(blocked: readonly DispatchedCommand[], nameOf: (host: string) => string): string {
  const [first] = blocked;
  if (first === undefined) return "";
  const others = blocked.length > 1 ? ` and ${count(blocked.length - 1, "other")}` : "";
  return `Not started on ${nameOf(first.host)}${others}: ${reasonOf(first)}.`;
}

/** Without the code in front, which is for programs. */
function reasonOf({ reason }: DispatchedCommand): string {
  return reason?.replace(/^[a-z_]+: /, "") ?? "no reason given";
}

async function runPipeline(
  sync: StateSync<Fleet>,
  request: Extract<RunRequest, { pipeline: string }>,
  key: string,
): Promise<Started> {
  const answer = await sync.dispatchPipeline(request.pipeline, request.hosts, { idempotencyKey: key });
  await shown(sync, answer);
  const started = { title: request.pipeline, commandIds: [] };
  return { outcome: { kind: "started", started, sentence: "" }, commandIds: [], pipelineId: answer.pipelineId };
}

const SHOWN_WITHIN_MS = 3_000;

/** The page shows the effect before it says so; when the connection is down it says so anyhow. */
async function shown(
  sync: StateSync<Fleet>,
  answer: { readonly epoch: string; readonly version: number },
): Promise<void> {
  await sync.reached(answer, { signal: AbortSignal.timeout(SHOWN_WITHIN_MS) }).catch(() => undefined);
}

/** `unknown` stays unknown: it may have had its effect. */
function failureWords(error: unknown): RunOutcome {
  const problem = problemOf(error);
  if (problem !== null && problem.status < 500)
    return { kind: "refused", sentence: sentences(problem.detail || problem.title, problem.hint) };
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : null;
  if (code === "unreachable" || code === "outcome_unknown") {
    return {
      kind: "unknown",
      sentence: "No answer came: whether it was started is not known. Asking again starts nothing twice.",
    };
  }
  return { kind: "refused", sentence: error instanceof Error ? sentences(error.message) : "It failed." };
}

/** The time and 128 random bits (rule D1); `crypto.randomUUID` is missing on pages that came over plain HTTP. */
export function newKey(): string {
  const bytes = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0"));
  return keyWithTime(bytes.join(""), Date.now());
}
