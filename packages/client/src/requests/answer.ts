/** The answer to a request says what became of it: it was carried out, it was refused, or nobody knows (rule D3). */

import type { Millis } from "@neverstale/base";
import { isJsonObject, type JsonObject, type JsonValue, SyncError, type SyncErrorCode } from "@neverstale/protocol";
import type { HttpAnswer } from "../environment/environment.ts";

export type Outcome =
  | { readonly type: "done"; readonly body: JsonValue }
  /** Nothing happened, and a repeat would be refused again. */
  | { readonly type: "refused"; readonly error: SyncError }
  | { readonly type: "csrf_failed"; readonly error: SyncError }
  /** Nothing happened; a repeat may succeed. */
  | { readonly type: "later"; readonly error: SyncError }
  /** It may have happened. */
  | { readonly type: "lost"; readonly error: SyncError };

/** A `Retry-After` may be a date, which is compared with `wallTime`. */
export function judgeAnswer(answer: HttpAnswer, wallTime: number): Outcome {
  return answer.status >= 200 && answer.status < 300 ? successOf(answer) : failureOf(answer, wallTime);
}

/** It judges an answer whose status is no 2xx. */
export function failureOf(answer: HttpAnswer, wallTime: number): Exclude<Outcome, { readonly type: "done" }> {
  const { status } = answer;
  const problem = problemIn(answer);
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

/** The request's effect is in the state from this position on. `reached` waits for it (rule D2). */
export interface EffectPosition {
  readonly epoch: string;
  readonly version: number;
}

/** Returns the position that an answer tells. Throws `bad_message` when it tells none. */
export function effectPosition(answer: JsonValue): EffectPosition {
  const { epoch, version } = isJsonObject(answer) ? answer : {};
  if (typeof epoch === "string" && Number.isSafeInteger(version)) return { epoch, version: version as number };
  throw new SyncError("bad_message", "the answer does not say where its effect is", {
    hint: "Client and server may be of different releases.",
  });
}

/** This is a problem document (RFC 9457) as the server fills it. It is the `cause` of a `SyncError` that tells of a refusal. */
export interface HttpProblem {
  readonly status: number;
  /** It is from the closed list of the server's API, or "" when the answer had none. */
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly hint: string;
  /** This is the whole document. */
  readonly document: JsonObject;
}

/** Returns the problem document behind an error of a request. Null: the failure was another. */
export function problemOf(error: unknown): HttpProblem | null {
  const cause = error instanceof SyncError ? error.cause : null;
  return typeof cause === "object" && cause !== null && "document" in cause ? (cause as HttpProblem) : null;
}

/** With these codes a 503 says that the server has not begun. One that comes from a proxy may come after it has. */
const NOTHING_HAPPENED: ReadonlySet<string> = new Set(["store_unavailable", "shutting_down", "too_many_requests"]);

/** An answer that was cut off, or made by something in between, is a lost one. */
function successOf({ text }: HttpAnswer): Outcome {
  if (text === "") return { type: "done", body: null };
  try {
    return { type: "done", body: JSON.parse(text) as JsonValue };
  } catch (cause) {
    return { type: "lost", error: new SyncError("unreachable", "the answer could not be read", { cause }) };
  }
}

function problemIn({ status, text }: HttpAnswer): HttpProblem {
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

function failure(code: SyncErrorCode, problem: HttpProblem, answer: HttpAnswer, wallTime: number): SyncError {
  const message = problem.detail || problem.title || `the server answered ${answer.status}`;
  const retryAfterMs = retryAfterOf(answer, wallTime);
  return new SyncError(code, message, {
    hint: problem.hint,
    cause: problem,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  });
}

/** The header holds seconds or a date (RFC 9110). */
function retryAfterOf({ retryAfter }: HttpAnswer, wallTime: number): Millis | null {
  if (retryAfter === null) return null;
  const delayMs = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - wallTime;
  return Number.isNaN(delayMs) ? null : Math.max(0, delayMs);
}
