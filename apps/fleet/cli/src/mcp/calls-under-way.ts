/** A client may ask for several things at once, but not for any number of them. */

import { Failure } from "../command-line/failure.ts";

/** So many calls are under way at once (B150). */
export const MAX_CALLS = 16;

export class CallsUnderWay {
  #count = 0;

  /** Throws a `Failure` where too many are under way. The call has had no effect then. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.#count >= MAX_CALLS)
      throw new Failure(`${MAX_CALLS} calls are under way`, {
        hint: "Nothing was done. Ask again once one has ended.",
      });
    this.#count += 1;
    try {
      return await call();
    } finally {
      this.#count -= 1;
    }
  }
}
