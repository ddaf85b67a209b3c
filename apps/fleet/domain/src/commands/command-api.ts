/** The bodies of requests about commands, pipelines and outputs, and of their answers. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { nextPage, PageQuery, Reached, SeenVersion, TimeQuery, Totp } from "../api.ts";
import { Roles } from "../catalogue/catalogue.ts";
import { MostFailed, WaveSize } from "../catalogue/waves.ts";
import { HostTarget } from "../hosts/host-group.ts";
import { Id, Line, Name, Timestamp } from "../text.ts";
import { Command } from "./command.ts";
import { COMMAND_STATUSES } from "./command-status.ts";
import { Args } from "./op.ts";
import { PIPELINE_STATUSES, Pipeline } from "./pipeline.ts";

const HostIds = z.array(Id).min(1).max(10_000);

/** It is asked for where the op or the pipeline is dangerous. */
const HostCount = z
  .int()
  .min(0)
  .describe("The number of hosts that this is meant for. What is dangerous is refused where it is another one.")
  .optional();

/** Where something is to run: on these hosts, or on those that the server finds by a target at that moment. */
const wheres = { hosts: HostIds.optional(), target: HostTarget.optional() };
const saysWhere = ({ hosts, target }: { readonly hosts?: unknown; readonly target?: unknown }) =>
  (hosts === undefined) !== (target === undefined);
const WHERE = { path: ["hosts"], message: "expected either hosts or a target" };

/** `POST /api/dispatch` starts an op. On a host that can't take it now it is blocked, unless it may wait (decision 0005). */
export const DispatchRequest = z
  .strictObject({
    op: Name,
    ...wheres,
    args: Args.optional(),
    wait: z.boolean().describe("A busy host runs it afterwards instead of blocking it.").optional(),
    force: z
      .boolean()
      .describe("A busy host runs it afterwards, an offline one when it is back; neither later than an hour from now.")
      .optional(),
    totp: Totp,
    hostCount: HostCount,
    ...SeenVersion,
  })
  .refine(saysWhere, WHERE);
export type DispatchRequest = ReadonlyJson<z.infer<typeof DispatchRequest>>;

export const DispatchAnswer = z.object({
  runId: Id.describe("All of its commands, and what is tried again of them, have this `runId`."),
  commands: z.array(z.object({ id: Id, host: Id, status: z.enum(COMMAND_STATUSES), reason: Line.optional() })),
  ...Reached,
});
export type DispatchAnswer = ReadonlyJson<z.infer<typeof DispatchAnswer>>;

/** `POST /api/dispatch/pipeline` starts a pipeline. */
export const PipelineRequest = z
  .strictObject({ pipeline: Name, ...wheres, totp: Totp, hostCount: HostCount, ...SeenVersion })
  .refine(saysWhere, WHERE);
export type PipelineRequest = ReadonlyJson<z.infer<typeof PipelineRequest>>;

export const PipelineAnswer = z.object({ pipelineId: Id, ...Reached });
export type PipelineAnswer = ReadonlyJson<z.infer<typeof PipelineAnswer>>;

/** `POST /api/catalogue/read` has `fleet.yaml` read again. With problems, what was in force before still is. */
export const CatalogueReadAnswer = z.object({ problems: z.array(Line), ...Reached });

/** `POST /api/pipelines/:id/cancel` begins no further stage. */
export const CancelPipelineQuery = z.strictObject({
  running: z
    .enum(["stop", "leave"])
    .describe("stop: what runs is asked to stop, too. leave: it runs to its end.")
    .default("stop"),
});

/** `POST /api/pipelines/:id/retry` runs what a pipeline left undone, in a pipeline of its own. */
export const RetryRequest = z.strictObject({
  only: z
    .enum(["failed", "failed_and_not_started"])
    .describe("`failed` means the hosts on which a stage was begun and did not succeed."),
  totp: Totp,
  hostCount: HostCount,
  ...SeenVersion,
});
/** These are the arguments of the mutation. */
export const RetryPipeline = RetryRequest.extend({ pipelineId: Id });
export type RetryPipeline = ReadonlyJson<z.infer<typeof RetryPipeline>>;

/** `POST /api/mutations/:name` asks for a mutation by its name: `dispatch_op`, `dispatch_pipeline` or `retry_pipeline`. */
export const MutationRequest = z.strictObject({ args: z.looseObject({}) });
export const MutationAnswer = z.object({ answer: z.looseObject({}), ...Reached });

/** `GET /api/pipelines` lists the pipelines that may be dispatched, with the op of each stage. */
export const PipelineOffer = z.object({
  name: Name,
  title: Line.optional(),
  stages: z.array(Name).min(1),
  waves: z.array(WaveSize).optional(),
  pauseMs: z.int().optional(),
  maxFail: MostFailed.optional(),
  roles: Roles.optional(),
  danger: z.literal(true).optional(),
});
export type PipelineOffer = ReadonlyJson<z.infer<typeof PipelineOffer>>;
export const PipelineOffers = z.array(PipelineOffer);

/**
 * `GET /api/commands` lists commands, newest first, of one host where it is named. A page may be shorter than `limit` though more
 * follow.
 */
export const CommandLogQuery = z.strictObject({
  ...PageQuery,
  host: Id.optional(),
  ...TimeQuery,
  op: Name.optional(),
  status: z.enum(COMMAND_STATUSES).optional(),
  requestedBy: Line.optional(),
  pipeline: Id.describe("The id of the pipeline that it belongs to.").optional(),
  run: Id.describe("The id of the run that it belongs to, as the answer to its dispatch gives it.").optional(),
});
export const CommandLogAnswer = z.object({ commands: z.array(Command), ...nextPage });
export type CommandLogAnswer = ReadonlyJson<z.infer<typeof CommandLogAnswer>>;

/** `GET /api/pipeline-log` lists pipelines that were dispatched, newest first. */
export const PipelineLogQuery = z.strictObject({
  ...PageQuery,
  ...TimeQuery,
  name: Name.optional(),
  status: z.enum(PIPELINE_STATUSES).optional(),
  requestedBy: Line.optional(),
  host: Id.describe("It runs on this host, too.").optional(),
});
export const PipelineLogAnswer = z.object({ pipelines: z.array(Pipeline), ...nextPage });
export type PipelineLogAnswer = ReadonlyJson<z.infer<typeof PipelineLogAnswer>>;

/** `GET /api/commands/:id/output` answers with all of a command's output. */
export const OutputQuery = z.strictObject({
  format: z
    .enum(["plain", "ansi", "ndjson", "pieces"])
    .describe(
      "plain: as text, without escape sequences. ansi: as it was written, with its colours. ndjson: a JSON object for each line, with its number, its time, and the byte at which it begins. pieces: a JSON object for each piece as it was received, with its bytes and time.",
    )
    .default("plain"),
  from: z.coerce
    .number()
    .int()
    .min(0)
    .describe("With pieces: only those with bytes at this offset or behind it.")
    .default(0),
  before: z.coerce
    .number()
    .int()
    .min(1)
    .describe("With pieces: the last ones that begin before this offset.")
    .optional(),
  line: z.coerce
    .number()
    .int()
    .min(1)
    .describe("With pieces: those from the one on in which this line begins. The first line has the number 1.")
    .optional(),
  limit: z.coerce.number().int().min(1).max(5_000).describe("With pieces: so many at most.").optional(),
});

/** It is one line of an output as pieces. The next piece has the offset `offset + bytes`. */
export const OutputPieceLine = z.object({
  offset: z.int().min(0),
  bytes: z.int().min(0),
  text: z.string(),
  at: Timestamp.optional(),
  line: z.int().min(1).describe("The piece begins in the line with this number.").optional(),
});
export type OutputPieceLine = ReadonlyJson<z.infer<typeof OutputPieceLine>>;

const Flag = z.stringbool().default(false);

/** `GET /api/commands/:id/output/search` finds lines in all of a command's output. */
export const OutputSearchQuery = z.strictObject({
  q: z.string().min(1).max(500).describe("The text to find in the lines, as they are without escape sequences."),
  regex: Flag.describe("q is a regular expression of RE2's kind, without lookaround and backreferences."),
  ignoreCase: Flag,
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  from: z.string().max(60).describe("The next of the answer before. Without it the search begins anew.").optional(),
});

export const OutputMatch = z.object({
  line: z.int().describe("The first line has the number 1."),
  offset: z.int().describe("The line begins at this byte of the output."),
  /** These count UTF-16 code units of the line without its escape sequences. A line that is very long is looked at in parts. */
  column: z.int(),
  length: z.int(),
  /** It is the line, or what stands around the match in a long one, from `textColumn` on. */
  text: z.string(),
  textColumn: z.int(),
  at: Timestamp.optional(),
});
export type OutputMatch = ReadonlyJson<z.infer<typeof OutputMatch>>;

/** There may be a next page though fewer matches than asked for were found: one answer goes through a part of the output. */
export const OutputSearchAnswer = z.object({
  matches: z.array(OutputMatch),
  searchedBytes: z.int(),
  ...nextPage,
  goOn: z
    .string()
    .nullable()
    .describe(
      "As from, it begins with the last line of this answer again: that line may have grown, and more may have come behind it.",
    ),
});
export type OutputSearchAnswer = ReadonlyJson<z.infer<typeof OutputSearchAnswer>>;

/** `GET /api/hosts/:id/output` answers with the last lines that the host's commands wrote, as text, the newest at the end. */
export const HostOutputQuery = z.strictObject({ lines: z.coerce.number().int().min(1).max(10_000).default(500) });
