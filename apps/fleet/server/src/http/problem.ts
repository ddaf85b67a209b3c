/** An error becomes the body of an answer here: a problem (RFC 9457), with a code from the closed list. */

import { MOST_MOVED_NAMED, PROBLEMS, type ProblemDetails } from "@neverstale/fleet-domain";
import { SyncError } from "@neverstale/protocol";
import { RequestRefusal } from "../fleet/refusal.ts";

export function problemDetailsOf(refusal: RequestRefusal): ProblemDetails {
  const { code, hint, status, moved } = refusal;
  const named = moved.length === 0 ? {} : { moved: moved.slice(0, MOST_MOVED_NAMED), movedCount: moved.length };
  return {
    type: "about:blank",
    title: TITLES[status] ?? "Error",
    status,
    code,
    detail: refusal.message,
    hint,
    ...named,
  };
}

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "Not signed in",
  403: "Refused",
  404: "Not found",
  409: "Conflict",
  413: "Too large",
  415: "Unsupported media type",
  422: "Invalid arguments",
  429: "Too many requests",
  500: "Internal error",
  503: "Unavailable",
};

/** No larger body is taken. A batch of an agent's reports is the largest that there is. */
export const MAX_BODY_BYTES = 1024 * 1024;

/** Callers are told of their own mistakes and of the closed codes, never of what went wrong inside. */
export function refusalOf(error: unknown): RequestRefusal {
  if (error instanceof RequestRefusal) return error;
  if (error instanceof SyncError) return refusalOfSyncError(error);
  const { statusCode: status, message } =
    error instanceof Error ? (error as Error & { statusCode?: unknown }) : { statusCode: 500, message: "" };
  if (status === PROBLEMS.too_large)
    return new RequestRefusal("too_large", "the body is too large", { hint: `At most ${MAX_BODY_BYTES} bytes.` });
  if (status === PROBLEMS.unsupported_media_type)
    return new RequestRefusal("unsupported_media_type", "only application/json is taken");
  if (typeof status === "number" && status >= 400 && status < 500) return new RequestRefusal("bad_request", message);
  return new RequestRefusal("internal", "something went wrong here", { hint: "See the server's log." });
}

function refusalOfSyncError(error: SyncError): RequestRefusal {
  const { message, hint } = error;
  const retryAfterS = Math.max(1, Math.ceil((error.retryAfterMs ?? 1000) / 1000));
  switch (error.code) {
    case "invalid_change":
      return new RequestRefusal("bad_request", message, { hint });
    case "key_reused":
    case "key_expired":
    case "outcome_unknown":
      return new RequestRefusal(error.code, message, { hint });
    case "not_the_writer": // The term ended just now, before anything was decided.
      return new RequestRefusal("store_unavailable", message, { hint: "Try again.", retryAfterS });
    case "store_unavailable":
    case "too_many_requests":
    case "shutting_down":
      return new RequestRefusal(error.code, message, { hint, retryAfterS });
    default:
      return new RequestRefusal("internal", "something went wrong here", { hint: "See the server's log." });
  }
}
