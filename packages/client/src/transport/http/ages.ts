/** Ages of what comes over HTTP are counted here, since a cache may have kept it for a while (rules H4, H6). */

import type { Millis } from "@neverstale/base";
import type { HttpHead } from "../../environment/environment.ts";
import type { Said } from "../transport.ts";

/**
 * A cache says by `Age` for how many whole seconds it has had the answer, so it is up to a second older, and two behind another
 * cache. A cache that does not say, such as nginx, keeps it for as many seconds as it may, and counts those in whole ones, too. A
 * cache may count the time in which the answer came, for which a poll waits. So nothing is known to be as old as `Age` says.
 */
export function ageOf(head: HttpHead): Said {
  const told = toldSeconds(head);
  if (told !== null) return { atLeastMs: 0, atMostMs: (told + CACHES) * 1000 };
  const seconds = keptSeconds(head.header("Cache-Control") ?? "");
  return { atLeastMs: 0, atMostMs: seconds === 0 ? 0 : (seconds + 1) * 1000 };
}

function toldSeconds(head: HttpHead): number | null {
  const age = head.header("Age") ?? "";
  return /^\d+$/.test(age) ? Number(age) : null;
}

/** So many caches may stand one behind the other, each of which counts in whole seconds. */
const CACHES = 2;

/** A cache that many share goes by `s-maxage` where there is one. */
function keptSeconds(control: string): number {
  const [, seconds = "0"] = /\bs-maxage=(\d+)/.exec(control) ?? /\bmax-age=(\d+)/.exec(control) ?? [];
  return Number(seconds);
}

/** The time in a stream, which whoever joins it late finds far gone. */
export class StreamAge {
  /** The stream began at this time or later. */
  #earliest: Millis;
  /** It began at this time or before. */
  readonly #latest: Millis;

  constructor(head: HttpHead, askedAt: Millis, answeredAt: Millis) {
    this.#earliest = askedAt - ageOf(head).atMostMs;
    // The head of a stream comes at once, so it is as old as it says.
    this.#latest = answeredAt - 1000 * (toldSeconds(head) ?? 0);
  }

  /** An event was written so long after the start. What was written cannot be from times to come. */
  of(offsetMs: Millis, now: Millis): Said {
    this.#earliest = Math.min(this.#earliest, now - offsetMs);
    const atLeastMs = Math.max(0, now - this.#latest - offsetMs);
    return { atLeastMs, atMostMs: Math.max(atLeastMs, now - this.#earliest - offsetMs) };
  }
}
