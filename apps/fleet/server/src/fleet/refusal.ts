/** A request that may not be done ends with a refusal. */

import { type MovedRecord, PROBLEMS, type ProblemCode } from "@neverstale/fleet-domain";

/** Its code is from the closed list. When it is thrown in a transaction, nothing of that is stored. */
export class RequestRefusal extends Error {
  override readonly name = "RequestRefusal";
  readonly code: ProblemCode;
  readonly hint: string;
  readonly retryAfterS: number | null;
  /** All records that moved since the version that the asker had seen. It is empty for other refusals. */
  readonly moved: readonly MovedRecord[];

  constructor(code: ProblemCode, detail: string, options: RefusalOptions = {}) {
    super(detail);
    this.code = code;
    this.hint = options.hint ?? "";
    this.retryAfterS = options.retryAfterS ?? null;
    this.moved = options.moved ?? [];
  }

  get status(): number {
    return PROBLEMS[this.code];
  }
}

export interface RefusalOptions {
  /** It says what to do next, in one sentence. */
  readonly hint?: string;
  readonly retryAfterS?: number;
  readonly moved?: readonly MovedRecord[];
}

export function tooManyRequests(retryAfterS: number): RequestRefusal {
  return new RequestRefusal("too_many_requests", "too many requests", {
    retryAfterS,
    hint: `Try again in ${retryAfterS} s.`,
  });
}
