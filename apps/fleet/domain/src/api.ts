import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH, passwordProblem } from "./accounts/password.ts";
import { Command } from "./commands/command.ts";
import { COMMAND_STATUSES } from "./commands/command-status.ts";
import { Args } from "./commands/op.ts";
import { Event } from "./events/event.ts";
import { Host, Tags, ThemeColor } from "./hosts/host.ts";
import { HostName } from "./hosts/host-name.ts";
import { Id, Line, Name, Timestamp } from "./text.ts";

/** The closed list of what can go wrong with a request; `status` is the HTTP status it comes with. */
export const PROBLEMS = {
  bad_request: 400,
  not_signed_in: 401,
  csrf_failed: 403,
  origin_refused: 403,
  forbidden: 403,
  totp_required: 403,
  not_found: 404,
  unknown_host: 404,
  unknown_op: 404,
  unknown_pipeline: 404,
  unknown_command: 404,
  /** Of the API's fixed list, but no answer of today: decision 0005. */
  host_busy: 409,
  key_reused: 409,
  key_expired: 409,
  claim_refused: 409,
  too_large: 413,
  unsupported_media_type: 415,
  invalid_args: 422,
  too_many_requests: 429,
  internal: 500,
  store_unavailable: 503,
  outcome_unknown: 503,
  shutting_down: 503,
} as const;
export type ProblemCode = keyof typeof PROBLEMS;

/** RFC 9457, `application/problem+json`. */
export const ProblemDetails = z.object({
  type: z.literal("about:blank"),
  title: z.string(),
  status: z.int(),
  code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
  detail: z.string(),
  /** What to do next, in one sentence. */
  hint: z.string(),
});
export type ProblemDetails = ReadonlyJson<z.infer<typeof ProblemDetails>>;

export const ROLES = ["viewer", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** Taken wherever a code will be asked for one day, so that clients which send it already are served. */
const Totp = z.string().max(20).describe("Ignored: there is no second factor yet.").optional();

/** `POST /api/login`. */
export const LoginRequest = z.strictObject({
  username: z.string().min(1).max(100),
  password: z.string().min(1).max(MAX_PASSWORD_LENGTH),
  totp: Totp,
});
export type LoginRequest = ReadonlyJson<z.infer<typeof LoginRequest>>;

/** One that is set. */
const NewPassword = z
  .string()
  .min(MIN_PASSWORD_LENGTH)
  .max(MAX_PASSWORD_LENGTH)
  .superRefine((text, context) => {
    const problem = passwordProblem(text);
    if (problem !== null) context.addIssue(`the password ${problem}`);
  });

/** `POST /api/setup`: the token of the one-time sign-in link `/#setup=<token>`; may set the admin's password at once. */
export const SetupRequest = z.strictObject({
  token: z.string().min(20).max(200),
  password: NewPassword.optional(),
});
export type SetupRequest = ReadonlyJson<z.infer<typeof SetupRequest>>;

/** `POST /api/password`: `current` is needed once there is one. */
export const PasswordRequest = z.strictObject({
  current: z.string().max(MAX_PASSWORD_LENGTH).optional(),
  password: NewPassword,
});
export type PasswordRequest = z.infer<typeof PasswordRequest>;

/** `GET /api/session`, and the answer of login and setup. The token goes into the header `X-CSRF-Token`. */
export const SessionAnswer = z.object({ user: z.string(), role: z.enum(ROLES), csrfToken: z.string() });
export type SessionAnswer = ReadonlyJson<z.infer<typeof SessionAnswer>>;

/** Where an effect is in the state (rule D2). */
const Reached = { epoch: z.string(), version: z.int() };
export const ReachedAnswer = z.object(Reached);

const HostIds = z.array(Id).min(1).max(10_000);

/** `POST /api/dispatch`. A host that can't take it now blocks it, unless it may wait: decision 0005. */
export const DispatchRequest = z.strictObject({
  op: Name,
  hosts: HostIds,
  args: Args.optional(),
  wait: z.boolean().describe("A busy host runs it afterwards instead of blocking it.").optional(),
  force: z
    .boolean()
    .describe("A busy host runs it afterwards, an offline one when it is back; neither later than an hour from now.")
    .optional(),
  totp: Totp,
});
export type DispatchRequest = ReadonlyJson<z.infer<typeof DispatchRequest>>;

export const DispatchAnswer = z.object({
  commands: z.array(z.object({ id: Id, host: Id, status: z.enum(COMMAND_STATUSES), reason: Line.optional() })),
  ...Reached,
});
export type DispatchAnswer = ReadonlyJson<z.infer<typeof DispatchAnswer>>;

/** `POST /api/dispatch/pipeline`. */
export const PipelineRequest = z.strictObject({ pipeline: Name, hosts: HostIds, totp: Totp });
export type PipelineRequest = ReadonlyJson<z.infer<typeof PipelineRequest>>;

export const PipelineAnswer = z.object({ pipelineId: Id, ...Reached });
export type PipelineAnswer = ReadonlyJson<z.infer<typeof PipelineAnswer>>;

/** `GET /api/pipelines`: what may be dispatched, with the op of each stage. */
export const PipelineOffer = z.object({ name: Name, stages: z.array(Name).min(1) });
export type PipelineOffer = ReadonlyJson<z.infer<typeof PipelineOffer>>;
export const PipelineOffers = z.array(PipelineOffer);

/** A page of what was: `before` is the `next` of the page that came before, absent for the newest. */
const PageQuery = {
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  before: z.string().max(250).optional(),
};
const nextPage = { /** Null: that was all. */ next: z.string().nullable() };

/** `GET /api/event-log`: newest first, also what has left the live state. */
export const EventLogQuery = z.strictObject({
  ...PageQuery,
  category: z.literal("audit").describe("Who did what, and nothing else.").optional(),
});
export const EventLogAnswer = z.object({ events: z.array(Event), ...nextPage });
export type EventLogAnswer = ReadonlyJson<z.infer<typeof EventLogAnswer>>;

/** `GET /api/commands`: the same, of one host where it is named. A page may hold fewer than `limit` though there are more. */
export const CommandLogQuery = z.strictObject({ ...PageQuery, host: Id.optional() });
export const CommandLogAnswer = z.object({ commands: z.array(Command), ...nextPage });
export type CommandLogAnswer = ReadonlyJson<z.infer<typeof CommandLogAnswer>>;

/** `GET /api/commands/:id/output`, all of it. */
export const OutputQuery = z.strictObject({
  format: z
    .enum(["plain", "ansi"])
    .describe("plain: as text, without escape sequences. ansi: as it was written, with its colours.")
    .default("plain"),
});

/** `GET /api/hosts/:id/output`: the last lines that the host's commands wrote, the newest at the end, as text. */
export const HostOutputQuery = z.strictObject({ lines: z.coerce.number().int().min(1).max(10_000).default(500) });

/** `PATCH /api/hosts/:id`; null takes a value away. */
export const HostPatch = z.strictObject({
  name: HostName.nullish().describe("Given by an admin; no other host may be called so."),
  tags: Tags.optional(),
  location: Line.nullish(),
  deviceType: Line.nullish(),
  themeColor: ThemeColor.nullish(),
});
export type HostPatch = ReadonlyJson<z.infer<typeof HostPatch>>;

export const HostAnswer = z.object({ host: Host, ...Reached });
export type HostAnswer = ReadonlyJson<z.infer<typeof HostAnswer>>;

/** `GET /api/state`. */
export const StateAnswer = z.object({
  ...Reached,
  digest: z.string(),
  state: z.record(z.string(), z.array(z.looseObject({ id: Id }))),
});
export type StateAnswer = ReadonlyJson<z.infer<typeof StateAnswer>>;

/** `POST /api/enrollment-tokens`. */
export const EnrollmentTokenRequest = z.strictObject({
  label: Line.optional(),
  tags: Tags.describe("Of the host that enrols with it.").optional(),
  ttlS: z.int().min(60).max(3_600).describe("How long it is good for; an hour by default, and at most.").optional(),
});
export type EnrollmentTokenRequest = ReadonlyJson<z.infer<typeof EnrollmentTokenRequest>>;

/** What may be shown of a token that was made before. */
export const EnrollmentToken = z.object({
  id: Id,
  label: Line.optional(),
  tags: Tags.optional(),
  createdBy: Line,
  createdAt: Timestamp,
  expiresAt: Timestamp,
  /** The host that enrolled with it. */
  usedBy: Id.optional(),
});
export type EnrollmentToken = ReadonlyJson<z.infer<typeof EnrollmentToken>>;

/** The token itself is shown this once. */
export const EnrollmentTokenAnswer = EnrollmentToken.extend({ token: z.string() });
export type EnrollmentTokenAnswer = ReadonlyJson<z.infer<typeof EnrollmentTokenAnswer>>;
