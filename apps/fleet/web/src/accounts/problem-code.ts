/** The server's code says why a request was refused, where that matters to the page. */

import { problemOf } from "@neverstale/client";

/** It looks behind an error that puts the refusal into words, too. Null means that the server has not refused it. */
export function problemCode(error: unknown): string | null {
  const behind = error instanceof Error ? error.cause : null;
  return (problemOf(error) ?? problemOf(behind))?.code ?? null;
}

/** True when a code of the second factor is missing, or was wrong. */
export function asksForCode(error: unknown): boolean {
  return problemCode(error) === "totp_required";
}
