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
 * What an agent posts. It follows `agent/<host id>` at `WS /agent/sync` for what it is to do; all it has to say comes
 * here, as `application/json`, with `Authorization: Bearer <credential>` (enroll: none) and no Origin.
 *
 * A refusal is a problem (RFC 9457). 401: the credential is revoked, stop. 429 and 5xx, or no answer: the same body
 * again after a while; repeats have no second effect.
 *
 * Members that are not named here are ignored, on both ends, and so are whole reports of a type that is not: an agent
 * may be newer than its server, or older. What is stored holds named members only.
 */

/** `POST /agent/enroll`. Asked again with the same token and nonce it gives the same answer; so keep the nonce until then. */
export const EnrollRequest = z.object({
  token: z.string().min(20).max(200),
  /** At least 128 random bits, drawn by the agent. */
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
 * `POST /agent/claims`, after the id is in the journal and before anything runs. `instance` is drawn at each start of
 * the agent. Only a 200 lets it start the op; 409 `claim_refused`: another instance has it, it is gone, cancelled, past
 * its deadline, or the host runs another one. A lost answer is asked again.
 */
export const ClaimRequest = z.object({ commandId: CommandId, instance: Id });
export type ClaimRequest = ReadonlyJson<z.infer<typeof ClaimRequest>>;

export const ClaimAnswer = z.object({ now: Timestamp, granted: z.literal(true) });
export type ClaimAnswer = ReadonlyJson<z.infer<typeof ClaimAnswer>>;

const ARG_TYPES: ReadonlySet<string> = new Set(ArgSpec.options.map((spec) => spec.shape.type.value));

const CHECK_STATUSES = HostCheck.shape.status;
/** A status that only a newer agent knows is none that anybody here has verified. */
const HelloChecks = z
  .record(
    Name,
    HostCheck.extend({ status: z.preprocess(knownWord(new Set(CHECK_STATUSES.options), "unknown"), CHECK_STATUSES) }),
  )
  .refine(atMost(100), "at most 100 checks");

/** What the agent is and allows: once at each start, and whenever that changes. */
export const HelloReport = z.object({
  type: z.literal("hello"),
  hostname: Line.min(1),
  os: Line,
  arch: Line,
  agentVersion: Line,
  ops: z.preprocess(withoutNewerOps(ARG_TYPES), z.array(OpOffer).max(200)),
  checks: HelloChecks,
});

/** The heartbeat: every few seconds, together with a `state`. A host without one for 15 s is offline. */
export const MetricsReport = z.object({ type: z.literal("metrics"), ...HostReading.shape });

/**
 * A piece of a command's output: `bytes` bytes of the spool from `offset` on, cut between characters, as text. It is
 * taken when `offset` is what the server has; any other piece is left out, and `received` says from where to go on.
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

/** The end of a command, after its output: left out (so not in `finished`) while the server has fewer than `outputBytes`. */
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

/** Where something was in the main space's history (rule E1). */
export const Settled = z.object({ epoch: Id, version: z.int().min(0) });
export type Settled = ReadonlyJson<z.infer<typeof Settled>>;

/**
 * All commands this agent has in its journal and has not had accepted in `finished`: those it is about to claim, runs,
 * or has ended. A command that the server thinks is running here and that is missing in two reports is `lost`.
 *
 * After the epoch changed it also lists, some at a time, those that had been accepted, with the `settled` it was told
 * then: a server whose history does not hold that moment was put back to an older state and takes them in again.
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

const REPORTS = [HelloReport, MetricsReport, WholeOutputReport, ProgressReport, FinishedReport, StateReport] as const;
export const AgentReport = z.discriminatedUnion("type", REPORTS);
export type AgentReport = ReadonlyJson<z.infer<typeof AgentReport>>;

const KNOWN_TYPES: ReadonlySet<string> = new Set(REPORTS.map((report) => report.shape.type.value));

/** `POST /agent/reports`: at most 100 reports (and 512 KiB), one request at a time; `seq` rises by 1 with each new batch of an instance. */
export const ReportsRequest = z.object({
  instance: Id,
  seq: z.int().min(1),
  reports: z.preprocess(withoutNewerTypes(KNOWN_TYPES), z.array(AgentReport).max(100)),
});
export type ReportsRequest = ReadonlyJson<z.infer<typeof ReportsRequest>>;

export const ReportsAnswer = z.object({
  now: Timestamp,
  /** For each command of the batch with output: the bytes the server has, which is the offset it expects next. */
  received: z.record(Id, z.int().min(0)),
  /** Commands of the batch's `finished` reports that are settled: the agent may forget them. */
  finished: z.array(Id),
  /** The moment at which that is in the state. Kept with each of them. */
  settled: Settled.optional(),
});
export type ReportsAnswer = ReadonlyJson<z.infer<typeof ReportsAnswer>>;
