/** Ages of what comes over HTTP are counted here, since a cache may have kept it for a while (rules H4, H6). */

import type { Millis } from "@neverstale/base";
import type { HttpHead } from "../../environment/environment.ts";
import type { Said } from "../transport.ts";

/**
 * A cache says by `Age` for how many whole seconds it has had the answer, so it is up to a second older. A cache that says
 * nothing keeps it no longer than `max-age`.
 */
export function ageOf(head: HttpHead): Said {
  const seconds = /^\d+$/.test(head.header("Age") ?? "") ? Number(head.header("Age")) : 0;
  const mayBeKept = /\bmax-age=/.test(head.header("Cache-Control") ?? "") || seconds > 0;
  return { atLeastMs: seconds * 1000, atMostMs: seconds * 1000 + (mayBeKept ? 1000 : 0) };
}

/** The time in a stream, which whoever joins it late finds far gone. */
export class StreamAge {
  /** The stream began at this time or later. */
  #earliest: Millis;
  /** It began at this time or before. */
  readonly #latest: Millis;

  constructor(head: HttpHead, askedAt: Millis, answeredAt: Millis) {
    const { atLeastMs, atMostMs } = ageOf(head);
    this.#earliest = askedAt - atMostMs;
    this.#latest = answeredAt - atLeastMs;
  }

  /** An event was written so long after the start. What was written cannot be from times to come. */
  of(offsetMs: Millis, now: Millis): Said {
    this.#earliest = Math.min(this.#earliest, now - offsetMs);
    const atLeastMs = Math.max(0, now - this.#latest - offsetMs);
    return { atLeastMs, atMostMs: Math.max(atLeastMs, now - this.#earliest - offsetMs) };
  }
}
