/** The pure part of the route of mutations: who may post, what is posted, and what is answered (rule U4). */

import {
  type JsonValue,
  type LineAnswer,
  type LineRequest,
  MAX_LINE_REQUEST_BYTES,
  readLineRequest,
  SyncError,
} from "@neverstale/protocol";
import type { MutationCaller } from "../../mutations/line-step.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { AllowedOrigins, type Whence } from "../allowed-origins.ts";
import { isRefusal, type Refusal } from "../refusal.ts";
import { UserRates } from "./user-rates.ts";

export class MutationService<Request> {
  readonly #options: MutationServiceOptions<Request>;
  readonly #tools: MutationTools;
  readonly #origins: AllowedOrigins;
  readonly #rates = new UserRates();

  constructor(options: MutationServiceOptions<Request>, tools: MutationTools) {
    this.#options = options;
    this.#tools = tools;
    this.#origins = new AllowedOrigins(options.allowedOrigins ?? []);
  }

  /** It never rejects: what fails is answered, and the owner is told of what his own functions threw. */
  async answer(asked: AskedMutations<Request>): Promise<MutationReply> {
    try {
      return await this.#answer(asked);
    } catch (error) {
      if (error instanceof SyncError) return refusedBy(error);
      this.#tools.report(error);
      return refusedBy({ ...INTERNAL, message: "the request could not be judged" });
    }
  }

  async #answer(asked: AskedMutations<Request>): Promise<MutationReply> {
    if (asked.method !== "POST") return { ...refusedBy(WRONG_METHOD), allow: "POST" };
    const foreign = this.#origins.refusalOf(asked.whence);
    if (foreign !== null) return refusedBy(originRefused(foreign));
    if (!(await this.#showsToken(asked))) return refusedBy({ ...CSRF_FAILED, hint: this.#tools.csrfHint });
    const verdict = await this.#options.authorize(asked.request);
    const caller = callerIn(verdict);
    if (caller === null) return refusedBy(verdict as Refusal);
    if (!/^application\/json\b/i.test(asked.contentType)) return refusedBy(NOT_JSON);
    const body = await asked.body(MAX_LINE_REQUEST_BYTES);
    if (typeof body !== "string") return refusedBy(body);
    return this.#carryOut(readLineRequest(parsed(body)), caller);
  }

  async #showsToken({ request, csrf }: AskedMutations<Request>): Promise<boolean> {
    const token = (await this.#options.csrf?.(request)) ?? null;
    return token === null || (token !== "" && csrf !== null && this.#tools.isSameSecret(csrf, token));
  }

  async #carryOut(request: LineRequest, caller: MutationCaller): Promise<MutationReply> {
    const { manager } = this.#options;
    const waitMs = this.#rates.take(caller.user, request.mutations.length, manager.runtime.now());
    if (waitMs > 0) return refusedBy({ ...TOO_FAST, retryAfterMs: waitMs });
    return { status: 200, body: await manager.mutate(request, caller) };
  }
}

export interface MutationServiceOptions<Request> {
  readonly manager: Mutating;
  /**
   * It says whose request it is. `rights` is handed to the decisions as `context.rights`, and must be plain JSON. A `Refusal` turns the
   * request away. Nobody may mutate without it.
   */
  readonly authorize: (request: Request) => MutationGrant | Refusal | Promise<MutationGrant | Refusal>;
  /** As that of `serveSync`. Where it gives a token, the request must show it in the header `X-CSRF-Token`. */
  readonly csrf?: (request: Request) => string | null | Promise<string | null>;
  /** As that of `serveSync`: pages of these origins may post, beside those of the very host that they ask for. */
  readonly allowedOrigins?: readonly string[];
}

/** A `StateManager` is one. */
export interface Mutating {
  readonly runtime: Pick<Runtime, "now" | "after">;
  mutate(request: LineRequest, caller: MutationCaller): Promise<LineAnswer>;
}

export interface MutationGrant {
  readonly user: string;
  readonly rights?: JsonValue;
}

export interface MutationTools {
  isSameSecret(a: string, b: string): boolean;
  /** It says how a token is shown. */
  readonly csrfHint: string;
  /** It is told what one of the owner's functions threw. */
  report(error: unknown): void;
}

/** A request, as its transport has understood it. */
export interface AskedMutations<Request> {
  readonly request: Request;
  readonly method: string;
  readonly whence: Whence;
  readonly csrf: string | null;
  readonly contentType: string;
  /** It resolves with a refusal when the body is longer than so many bytes, or does not come. */
  body(maxBytes: number): Promise<string | Refusal>;
}

export interface MutationReply {
  readonly status: number;
  readonly body: LineAnswer | Refusal;
  readonly allow?: string;
}

function callerIn(verdict: MutationGrant | Refusal): MutationCaller | null {
  if (isRefusal(verdict)) return null;
  if (typeof verdict === "object" && verdict !== null && "user" in verdict && typeof verdict.user === "string")
    return { user: verdict.user, rights: verdict.rights ?? null };
  throw new TypeError("what `authorize` gave is neither a user nor a refusal");
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new SyncError("bad_message", "the body is not JSON", { cause });
  }
}

function refusedBy(refusal: Refusal | SyncError): MutationReply {
  if (!(refusal instanceof SyncError)) return { status: refusal.refuse, body: refusal };
  const { code, message, hint, retryAfterMs } = refusal;
  const { status, retryMs } = STATUSES[code] ?? { status: 500, retryMs: null };
  const wait = retryAfterMs ?? retryMs;
  return refusedBy({ refuse: status, code, message, hint, ...(wait === null ? {} : { retryAfterMs: wait }) });
}

/** Any other code is an error of the server. */
const STATUSES: Readonly<Record<string, { readonly status: number; readonly retryMs: number | null }>> = {
  bad_message: { status: 400, retryMs: null },
  forbidden: { status: 403, retryMs: null },
  too_many_requests: { status: 429, retryMs: 1_000 },
  store_unavailable: { status: 503, retryMs: 1_000 },
  shutting_down: { status: 503, retryMs: 1_000 },
  not_the_writer: { status: 503, retryMs: 250 },
};

const INTERNAL: Refusal = { refuse: 500, code: "outcome_unknown", message: "" };
const WRONG_METHOD: Refusal = { refuse: 405, code: "bad_message", message: "mutations are posted" };
const CSRF_FAILED: Refusal = {
  refuse: 403,
  code: "csrf_failed",
  message: "the CSRF token is missing, or not this session's",
};
const NOT_JSON: Refusal = {
  refuse: 415,
  code: "bad_message",
  message: "the body is no JSON by its content type",
  hint: "Send it as application/json.",
};
export const TOO_LARGE: Refusal = {
  refuse: 413,
  code: "bad_message",
  message: `the body has more than ${MAX_LINE_REQUEST_BYTES} bytes`,
  hint: "Send fewer mutations at once.",
};
export const TOO_SLOW: Refusal = {
  refuse: 408,
  code: "bad_message",
  message: "the body did not come in time",
  hint: "Ask again with the same numbers.",
};
export const CUT_OFF: Refusal = { refuse: 400, code: "bad_message", message: "the body was cut off" };
const TOO_FAST: Refusal = {
  refuse: 429,
  code: "too_many_requests",
  message: "this user mutates faster than is allowed",
  hint: "All of them wait: ask again with the same numbers.",
};

function originRefused(message: string): Refusal {
  return {
    refuse: 403,
    code: "origin_refused",
    message,
    hint: "Name the page's origin in `allowedOrigins` of `serveMutations` if it may mutate.",
  };
}
