/** An agent posts these requests and gets these answers. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { Progress } from "../commands/command.ts";
import { FINAL_STATUSES } from "../commands/command-status.ts";
import { ArgSpec, Args, OpOffer } from "../commands/op.ts";
import { MAX_CHUNK_BYTES } from "../commands/output-space.ts";
import { atMost, HostCheck, HostReading } from "../hosts/host.ts";
import { knownWord, withoutNewerOps, withoutNewerTypes } from "../newer-values.ts";
import { CommandId, Id, Line, Name, Timestamp } from "../text.ts";

/*
 * An agent follows `agent/<host id>` at `WS /agent/sync` for what it is to do. It posts all that it has to say as
 * `application/json`, with `Authorization: Bearer <credential>` (but not to enrol) and without an Origin.
 *
 * A refusal is a problem (RFC 9457). After a 401 the agent stops, because its credential is revoked. After a 429 or a 5xx, or
 * without an answer, it posts the same body again after a while. A repeat has no second effect.
 *
 * Both ends ignore members that are not named here, and whole reports of a type that is not: an agent may be newer than its
 * server, or older. What is stored holds named members only.
 */

/** `POST /agent/enroll` gives the same answer again to the same token and nonce. So the agent keeps the nonce until it has one. */
export const EnrollRequest = z.object({
  token: z.string().min(20).max(200),
  /** The agent draws at least 128 random bits. */
  nonce: z.string().min(20).max(200),
  hostname: Line.min(1),
  os: Line,
  arch: Line,
  agentVersion: Line,
});
export type EnrollRequest = ReadonlyJson<z.infer<typeof EnrollRequest>>;

export const EnrollAnswer = z.object({ hostId: Id, credential: z.string(), now: Timestamp });
export type EnrollAnswer = ReadonlyJson<z.infer<typeof EnrollAnswer>>;

/**
 * The agent posts to `/agent/credential` once an answer said `rotateCredential`. It keeps the nonce on its disk until it has used the new
 * credential, and gets the same answer again to the same nonce. The one that it shows stays good until the new one was used.
 */
export const CredentialRequest = z.object({ nonce: z.string().min(20).max(200) });
export type CredentialRequest = ReadonlyJson<z.infer<typeof CredentialRequest>>;

export const CredentialAnswer = z.object({ credential: z.string(), now: Timestamp });
export type CredentialAnswer = ReadonlyJson<z.infer<typeof CredentialAnswer>>;

/**
 * The agent posts to `/agent/claims` when the id is in its journal and before anything runs. It draws `instance` at each start.
 * Only a 200 lets it start the op. 409 `claim_refused` means that another instance has the command, that it is gone, cancelled or
 * past its deadline, or that the host runs another one. The agent asks again when the answer was lost.
 */
export const ClaimRequest = z.object({ commandId: CommandId, instance: Id });
export type ClaimRequest = ReadonlyJson<z.infer<typeof ClaimRequest>>;

export const ClaimAnswer = z.object({ now: Timestamp, granted: z.literal(true) });
export type ClaimAnswer = ReadonlyJson<z.infer<typeof ClaimAnswer>>;

const ARG_TYPES: ReadonlySet<string> = new Set(ArgSpec.options.map((spec) => spec.shape.type.value));

const CHECK_STATUSES = HostCheck.shape.status;
/** Nobody here has verified a status that only a newer agent knows. */
const ToldCheck = HostCheck.extend({
  status: z.preprocess(knownWord(new Set(CHECK_STATUSES.options), "unknown"), CHECK_STATUSES),
});
const HelloChecks = z.record(Name, ToldCheck.omit({ everyMs: true })).refine(atMost(100), "at most 100 checks");

/** It says how the checks of `agent.yaml` are: all of them, each with the time at which it was made, by the server's clock. */
export const ChecksReport = z.object({
  type: z.literal("checks"),
  checks: z.record(Name, ToldCheck.required({ everyMs: true })).refine(atMost(50), "at most 50 checks"),
});

/** It says what the agent is and allows. It comes once at each start, and whenever that changes. */
export const HelloReport = z.object({
  type: z.literal("hello"),
  hostname: Line.min(1),
  os: Line,
  arch: Line,
  agentVersion: Line,
  ops: z.preprocess(withoutNewerOps(ARG_TYPES), z.array(OpOffer).max(200)),
  checks: HelloChecks,
});

/** The heartbeat comes every few seconds, together with a `state`. A host without one for 15 s is offline. */
export const MetricsReport = z.object({ type: z.literal("metrics"), ...HostReading.shape });

/**
 * It carries a piece of a command's output: `bytes` bytes of the spool from `offset` on, cut between characters, as text. It is
 * taken when `offset` is what the server has. Any other piece is left out, and `received` says where to go on.
 */
export const OutputReport = z.object({
  type: z.literal("output"),
  commandId: CommandId,
  offset: z.int().min(0),
  bytes: z.int().min(1).max(MAX_CHUNK_BYTES),
  text: z.string().max(MAX_CHUNK_BYTES),
});

/** No text is longer than the bytes it stands for, whatever they hold. */
const WholeOutputReport = OutputReport.refine(({ text, bytes }) => text.length <= bytes, {
  path: ["text"],
  message: "longer than `bytes`",
});

export const ProgressReport = z.object({ type: z.literal("progress"), commandId: CommandId, ...Progress.shape });

const ENDS = z
  .enum(FINAL_STATUSES)
  .extract(["succeeded", "failed", "timed_out", "cancelled", "lost", "rejected", "expired"]);

/**
 * It tells the end of a command, after its output. It is left out (so not in `finished`) while the server has fewer than
 * `outputBytes`.
 */
export const FinishedReport = z.object({
  type: z.literal("finished"),
  commandId: CommandId,
  status: z.preprocess(knownWord(new Set(ENDS.options), "failed"), ENDS),
  reason: Line.optional(),
  exitCode: z.int().optional(),
  startedAt: Timestamp.optional(),
  finishedAt: Timestamp,
  outputBytes: z.int().min(0),
});

/** It is a position in the main space's history (rule E1). */
export const Settled = z.object({ epoch: Id, version: z.int().min(0) });
export type Settled = ReadonlyJson<z.infer<typeof Settled>>;

/**
 * It lists all commands that the agent has in its journal and that were not accepted in `finished`: those that it is about to claim,
 * runs, or has ended. A command that the server thinks is running here, and that is missing in two reports, is `lost`.
 *
 * After the epoch changed, it also lists, some at a time, commands that had been accepted, with the `settled` that the agent was
 * told then. A server whose history does not hold that moment was put back to an older state, and takes them in again.
 */
export const StateReport = z.object({
  type: z.literal("state"),
  known: z
    .array(
      z.object({
        commandId: CommandId,
        op: Name,
        args: Args,
        phase: z.enum(["claiming", "running", "ended"]),
        startedAt: Timestamp.optional(),
        settled: Settled.optional(),
      }),
    )
    .max(1000),
});

const REPORTS = [
  HelloReport,
  ChecksReport,
  MetricsReport,
  WholeOutputReport,
  ProgressReport,
  FinishedReport,
  StateReport,
] as const;
export const AgentReport = z.discriminatedUnion("type", REPORTS);
export type AgentReport = ReadonlyJson<z.infer<typeof AgentReport>>;

const KNOWN_TYPES: ReadonlySet<string> = new Set(REPORTS.map((report) => report.shape.type.value));

/**
 * `POST /agent/reports` takes at most 100 reports (and 512 KiB), one request at a time. `seq` rises by 1 with each new batch of an
 * instance.
 */
export const ReportsRequest = z.object({
  instance: Id,
  seq: z.int().min(1),
  /** The agent's clock said this when it sent the batch. */
  sentAt: Timestamp.optional(),
  reports: z.preprocess(withoutNewerTypes(KNOWN_TYPES), z.array(AgentReport).max(100)),
});
export type ReportsRequest = ReadonlyJson<z.infer<typeof ReportsRequest>>;

export const ReportsAnswer = z.object({
  now: Timestamp,
  /** It has the bytes that the server has of each command with output in the batch, which is the offset that it expects next. */
  received: z.record(Id, z.int().min(0)),
  /** These commands of the batch's `finished` reports are settled. The agent may forget them. */
  finished: z.array(Id),
  /** At this position that is in the state. The agent keeps it with each of them. */
  settled: Settled.optional(),
  /** The agent is to ask for another credential. */
  rotateCredential: z.literal(true).optional(),
});
export type ReportsAnswer = ReadonlyJson<z.infer<typeof ReportsAnswer>>;
