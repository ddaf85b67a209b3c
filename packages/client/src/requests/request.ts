/** A request with an effect is carried to a known end: it is repeated under its key until an answer says what became of it. */

import { backoffMs, type Millis } from "@neverstale/base";
import { type JsonValue, keyWithTime, SyncError } from "@neverstale/protocol";
import type { Environment } from "../environment/environment.ts";
import { BACKOFF } from "../machine/backoff.ts";
import { judgeAnswer, type Outcome } from "./answer.ts";
import { ATTEMPT_TIMEOUT_MS, type CsrfTokens } from "./csrf.ts";

/**
 * After a lost answer the key and the body are sent again, the CSRF token is fetched anew once, and `Retry-After` is
 * honoured (rules D1, D3, D4). Resolves with the body of the 2xx answer.
 *
 * Throws a `SyncError`. `unreachable` and `outcome_unknown` mean that the effect may have taken place, unless the hint says
 * that nothing was sent: it names the key with which a repeat finds out. All other codes mean that this call has had no
 * effect. They say nothing about earlier calls with the same key.
 */
export async function request(
  target: RequestTarget,
  body: JsonValue | undefined,
  options: RequestOptions = {},
): Promise<JsonValue> {
  const { io } = target;
  const key = options.idempotencyKey ?? keyWithTime(io.newId(), io.wallTime());
  const giveUpAt = io.now() + (options.timeoutMs ?? REQUEST_TIMEOUT_MS);
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

export interface RequestTarget {
  readonly io: Environment;
  readonly csrf: Pick<CsrfTokens, "get">;
  /** It is absolute, or relative to the environment's own place. */
  readonly url: string;
}

export interface RequestOptions {
  readonly method?: "POST" | "PUT" | "PATCH" | "DELETE";
  /** The client makes a key when none is given. With the key of an earlier call, that call is repeated (rule D1). */
  readonly idempotencyKey?: string;
  /** It goes on trying for this long, by default for 30 s. */
  readonly timeoutMs?: Millis;
  readonly signal?: AbortSignal;
}

const REQUEST_TIMEOUT_MS = 30_000;

/**
 * Under a key that belongs to another body no attempt can have had an effect, and one that is expired will never tell: these
 * refusals also speak for the attempts before, whose answers were lost. Any other may concern the repeat alone: a route that
 * keeps no keys finds gone what it was to remove, rights end, and a server that was started anew may know other things.
 */
function speaksForAllAttempts(error: SyncError): boolean {
  return error.code === "key_reused" || error.code === "key_expired";
}

/** It asks once, and never rejects but for the signal. Null stands for a request that has no key. */
export async function attempt(
  { io, csrf, url }: RequestTarget,
  body: JsonValue | undefined,
  key: string | null,
  refresh: boolean,
  giveUpAt: Millis,
  { method = "POST", signal }: RequestOptions,
): Promise<Outcome> {
  signal?.throwIfAborted();
  const token = await csrf.get(refresh).catch((error: unknown) => tokenFailure(error));
  if (typeof token === "object" && token !== null) return token;
  signal?.throwIfAborted(); // The token may be another user's by now.
  const headers = {
    ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    ...(token === null ? {} : { "X-CSRF-Token": token }),
    ...(key === null ? {} : { "Idempotency-Key": key }),
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

/** An outcome that stays unknown is reported as unknown, not as failed (rule D3). */
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
