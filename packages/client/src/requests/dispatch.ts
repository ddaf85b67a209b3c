import { backoffMs, type Millis } from "@neverstale/base";
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  keyWithTime,
  SyncError,
  type SyncErrorCode,
} from "@neverstale/protocol";
import { BACKOFF } from "../machine/backoff.ts";

import type { Environment, HttpAnswer } from "../transport/environment.ts";
import type { CsrfTokens } from "./csrf.ts";

/** How long one attempt waits for its answer, and all of them together. */
export const ATTEMPT_TIMEOUT_MS = 10_000;
const DISPATCH_TIMEOUT_MS = 30_000;

export interface RequestOptions {
  readonly method?: "POST" | "PUT" | "PATCH" | "DELETE";
  /** Made by the client when none is given; give the one of an earlier call to repeat that call (rule D1). */
  readonly idempotencyKey?: string;
  /** How long to go on trying, 30 s by default. */
  readonly timeoutMs?: Millis;
  readonly signal?: AbortSignal;
}

/** With which an op is dispatched; what is absent is not sent. */
export interface OpOptions extends RequestOptions {
  readonly args?: JsonObject;
  /** On a busy host it runs afterwards instead of being blocked. */
  readonly wait?: boolean;
  /** It runs where it would be blocked, as far as the server allows that. */
  readonly force?: boolean;
  /** The one-time code, where the server asks for one. */
  readonly totp?: string;
}

export interface PipelineOptions extends RequestOptions {
  /** As for an op. */
  readonly totp?: string;
}

/** Where in the fleet's history the effect is: what `reached` takes (rule D2). */
export interface EffectPosition {
  readonly epoch: string;
  readonly version: number;
}

/** RFC 9457, as the server fills it: the `cause` of a `SyncError` that tells of a refusal. */
export interface Problem {
  readonly status: number;
  /** From the closed list of the HTTP API, e.g. `unknown_host`, `host_busy`; "" when the answer had none. */
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly hint: string;
  /** The whole document. */
  readonly document: JsonObject;
}

/** The problem document behind an error of `dispatch`; null where the failure was another. */
export function problemOf(error: unknown): Problem | null {
  const cause = error instanceof SyncError ? error.cause : null;
  return typeof cause === "object" && cause !== null && "document" in cause ? (cause as Problem) : null;
}

export interface DispatchTarget {
  readonly io: Environment;
  readonly csrf: CsrfTokens;
  /** Absolute, or relative to the environment's own place. */
  readonly url: string;
}

/**
 * One request with an effect, carried to a known end (rules D1, D3, D4): the same key and body again after a lost
 * answer, the CSRF token fetched anew once, `Retry-After` honoured. Resolves with the body of the 2xx answer.
 *
 * Throws a `SyncError`. `unreachable` and `outcome_unknown` mean that the effect may have taken place, unless the hint
 * says that nothing was sent: it names
 * the key with which a repeat finds out. All others mean that this call has had none; of earlier ones with the key they
 * say nothing.
 */
export async function dispatch(
  target: DispatchTarget,
  body: JsonValue | undefined,
  options: RequestOptions,
): Promise<JsonValue> {
  const { io } = target;
  const key = options.idempotencyKey ?? keyWithTime(io.newId(), io.wallTime());
  const giveUpAt = io.now() + (options.timeoutMs ?? DISPATCH_TIMEOUT_MS);
  let csrfFailures = 0;
  let anyLost = false;
  for (let failures = 0, refresh = false; ; ) {
    const outcome = await attempt(target, body, key, refresh, giveUpAt, options);
    if (outcome.type === "done") return outcome.body;
    refresh = outcome.type === "csrf_failed" && ++csrfFailures === 1;
    if (refresh) continue;
    if (outcome.type === "refused" || outcome.type === "csrf_failed") {
      throw anyLost && !speaksForAllAttempts(outcome.error) ? unknownOutcome(outcome.error, key) : outcome.error;
    }
    anyLost ||= outcome.type === "lost";
    const delayMs = Math.max(backoffMs(BACKOFF, ++failures, io.chance()), outcome.error.retryAfterMs ?? 0);
    if (io.now() + delayMs >= giveUpAt) throw anyLost ? unknownOutcome(outcome.error, key) : outcome.error;
    await pause(io, delayMs, options.signal);
  }
}

/**
 * Whether a refusal says something of the attempts before it too, whose answers were lost: under a key that belongs to
 * another body no attempt can have had an effect, and one that is expired will never tell. Any other may be of the repeat alone: a route that keeps no keys finds
 * gone what it was to remove, rights end, and a server that was started anew may know other ops and hosts.
 */
function speaksForAllAttempts(error: SyncError): boolean {
  return error.code === "key_reused" || error.code === "key_expired";
}

type Outcome =
  | { readonly type: "done"; readonly body: JsonValue }
  /** Nothing happened, and a repeat would be refused again. */
  | { readonly type: "refused"; readonly error: SyncError }
  | { readonly type: "csrf_failed"; readonly error: SyncError }
  /** Nothing happened; a repeat may succeed. */
  | { readonly type: "later"; readonly error: SyncError }
  /** It may have happened. */
  | { readonly type: "lost"; readonly error: SyncError };

async function attempt(
  { io, csrf, url }: DispatchTarget,
  body: JsonValue | undefined,
  key: string,
  refresh: boolean,
  giveUpAt: Millis,
  { method = "POST", signal }: RequestOptions,
): Promise<Outcome> {
  signal?.throwIfAborted();
  const token = await csrf.get(refresh).catch((error: unknown) => tokenFailure(error));
  if (typeof token === "object" && token !== null) return token;
  const headers = {
    ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    ...(token === null ? {} : { "X-CSRF-Token": token }),
    "Idempotency-Key": key,
  };
  const timeoutMs = Math.max(1, Math.min(ATTEMPT_TIMEOUT_MS, giveUpAt - io.now()));
  const text = body === undefined ? null : JSON.stringify(body);
  try {
    const answer = await io.request({ method, url, headers, body: text, timeoutMs, signal: signal ?? null });
    return judgeAnswer(answer, io.wallTime());
  } catch (cause) {
    signal?.throwIfAborted();
    return { type: "lost", error: new SyncError("unreachable", "no answer came", { cause }) };
  }
}

/** Without a token nothing was sent. */
function tokenFailure(cause: unknown): Outcome {
  if (cause instanceof SyncError && cause.code === "not_signed_in") return { type: "refused", error: cause };
  const hint = "Nothing was sent: try again when the server can be reached.";
  return { type: "later", error: new SyncError("unreachable", "the CSRF token could not be fetched", { hint, cause }) };
}

/** The codes of a 503 with which the server says that it has not begun; one from a proxy may come after it has. */
const NOTHING_HAPPENED: ReadonlySet<string> = new Set(["store_unavailable", "shutting_down", "too_many_requests"]);

/** What an answer means for the request (rule D3); pure. `wallTime`: to read a `Retry-After` that is a date. */
function judgeAnswer(answer: HttpAnswer, wallTime: number): Outcome {
  const { status } = answer;
  if (status >= 200 && status < 300) return successOf(answer);
  const problem = problemFrom(answer);
  const failed = (code: SyncErrorCode): SyncError => failure(code, problem, answer, wallTime);
  if (status === 429) return { type: "later", error: failed("too_many_requests") };
  if (status === 503 && NOTHING_HAPPENED.has(problem.code))
    return { type: "later", error: failed("store_unavailable") };
  if (status === 408) return { type: "later", error: failed("unreachable") };
  if (status >= 500 || status < 400) return { type: "lost", error: failed("outcome_unknown") };
  if (problem.code === "csrf_failed") return { type: "csrf_failed", error: failed("csrf_failed") };
  if (problem.code === "key_reused" || problem.code === "key_expired")
    return { type: "refused", error: failed(problem.code) };
  return { type: "refused", error: failed(status === 401 ? "not_signed_in" : "request_refused") };
}

/** An answer that was cut off, or made by something in between, is a lost one. */
function successOf({ text }: HttpAnswer): Outcome {
  if (text === "") return { type: "done", body: null };
  try {
    return { type: "done", body: JSON.parse(text) as JsonValue };
  } catch (cause) {
    return { type: "lost", error: new SyncError("unreachable", "the answer could not be read", { cause }) };
  }
}

function problemFrom({ status, text }: HttpAnswer): Problem {
  const document = parsedObject(text);
  const member = (name: string): string => (typeof document[name] === "string" ? document[name] : "");
  return {
    status,
    code: member("code"),
    title: member("title"),
    detail: member("detail"),
    hint: member("hint"),
    document,
  };
}

function parsedObject(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : {};
  } catch {
    return {}; // A proxy's page, not the server's answer; the status says enough.
  }
}

function failure(code: SyncErrorCode, problem: Problem, answer: HttpAnswer, wallTime: number): SyncError {
  const message = problem.detail || problem.title || `the server answered ${answer.status}`;
  const retryAfterMs = retryAfterOf(answer, wallTime);
  return new SyncError(code, message, {
    hint: problem.hint,
    cause: problem,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  });
}

/** Seconds or a date (RFC 9110). */
function retryAfterOf({ retryAfter }: HttpAnswer, wallTime: number): Millis | null {
  if (retryAfter === null) return null;
  const delayMs = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - wallTime;
  return Number.isNaN(delayMs) ? null : Math.max(0, delayMs);
}

/** Rule D3: what stays unknown is reported as unknown, not as failed. */
function unknownOutcome(last: SyncError, key: string): SyncError {
  const code = last.code === "outcome_unknown" ? "outcome_unknown" : "unreachable";
  const hint = `It may have had its effect: repeat it with the same idempotency key, "${key}", to find out.`;
  return new SyncError(code, `whether the request had an effect is unknown: ${last.message}`, { hint, cause: last });
}

function pause(io: Environment, delayMs: Millis, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = io.after(delayMs, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
