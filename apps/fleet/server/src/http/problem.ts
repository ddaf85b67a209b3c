import { PROBLEMS, type Problem, type ProblemCode } from "@neverstale/fleet-domain";

export interface RefusalOptions {
  /** What to do next, in one sentence. */
  readonly hint?: string;
  readonly retryAfterS?: number;
}

/** A request that is refused, by a code from the closed list. Thrown in a transaction, nothing of it is stored. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: ProblemCode;
  readonly hint: string;
  readonly retryAfterS: number | null;

  constructor(code: ProblemCode, detail: string, options: RefusalOptions = {}) {
    super(detail);
    this.code = code;
    this.hint = options.hint ?? "";
    this.retryAfterS = options.retryAfterS ?? null;
  }

  get status(): number {
    return PROBLEMS[this.code];
  }
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

/** The body of an error answer (RFC 9457). */
export function problemOf(refusal: Refusal): Problem {
  const { code, hint, status } = refusal;
  return { type: "about:blank", title: TITLES[status] ?? "Error", status, code, detail: refusal.message, hint };
}
