/** A dispatch is sent from here, and what came of it is put into words. */

import { keyWithTime } from "@neverstale/client";
import { labelIn } from "@neverstale/fleet-domain/schema-free";
import type { FleetReplica } from "../../state/replica-hooks.ts";
import {
  failureWords,
  type OpRequest,
  opOutcome,
  type SentDispatch,
  type WantedDispatch,
} from "../dispatch-outcome.ts";

/** A repeat of a request whose answer was lost must carry the same key, so that nothing starts twice (rule D1). */
export async function sendDispatch(replica: FleetReplica, request: WantedDispatch, key: string): Promise<SentDispatch> {
  try {
    return "op" in request ? await sendOp(replica, request, key) : await sendPipeline(replica, request, key);
  } catch (error) {
    return { outcome: failureWords(error), commandIds: [], runId: null, pipelineId: null };
  }
}

/** A key is the time and 128 random bits (rule D1). Pages that came over plain HTTP have no `crypto.randomUUID`. */
export function newDispatchKey(): string {
  const bytes = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0"));
  return keyWithTime(bytes.join(""), Date.now());
}

async function sendOp(
  replica: FleetReplica,
  { op, title, hosts, args, wait, safeguards, seen }: OpRequest & Guarded,
  key: string,
) {
  const options = { args, ...(wait ? { wait } : {}), ...safeguards, ...seen, idempotencyKey: key };
  const answer = await replica.dispatchOp(op, hosts, options);
  await untilShown(replica, answer);
  return opOutcome(title, answer, (id) => labelIn(replica.state.hosts, id));
}

async function sendPipeline(
  replica: FleetReplica,
  { pipeline, hosts, safeguards, seen }: Exclude<WantedDispatch, OpRequest>,
  key: string,
): Promise<SentDispatch> {
  const answer = await replica.dispatchPipeline(pipeline, hosts, { ...safeguards, ...seen, idempotencyKey: key });
  await untilShown(replica, answer);
  const started = { title: pipeline, commandIds: [] };
  return {
    outcome: { kind: "started", started, sentence: "" },
    commandIds: [],
    runId: null,
    pipelineId: answer.pipelineId,
  };
}

type Guarded = Pick<WantedDispatch, "safeguards" | "seen">;

const SHOWN_WITHIN_MS = 3_000;

/** The page shows the effect before it says so. When the connection is down, it says so after some seconds anyhow. */
export async function untilShown(
  replica: FleetReplica,
  position: { readonly epoch: string; readonly version: number },
): Promise<void> {
  await replica.reached(position, { signal: AbortSignal.timeout(SHOWN_WITHIN_MS) }).catch(() => undefined);
}
