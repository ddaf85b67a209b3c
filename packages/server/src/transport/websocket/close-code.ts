/** A close code tells a page why it may not follow: of a refusal before the 101 a browser tells it nothing (rule M7). */

import { CLOSE } from "@neverstale/protocol";
import type { Judged } from "../judge.ts";
import type { Refusal } from "../refusal.ts";

/**
 * It returns the code to close with. There is none where a browser had better try again: a new CSRF token may be all that it
 * needs.
 */
export function closeCodeOf({ refuse, code }: Refusal): number | undefined {
  return code === "csrf_failed" ? undefined : CODE_OF_STATUS.get(refuse);
}

const CODE_OF_STATUS: ReadonlyMap<number, number> = new Map([
  [401, CLOSE.notSignedIn],
  [403, CLOSE.forbidden],
  [404, CLOSE.unknownSpace],
]);

/** The attempt goes on as a WebSocket: to follow, or as a page that is told by a close code why it may not. */
export function isUpgraded({ verdict, fromPage }: Judged): boolean {
  return !("refuse" in verdict) || (fromPage && closeCodeOf(verdict) !== undefined);
}
