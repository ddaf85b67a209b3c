/** A request of the HTTP profile that was not answered with messages ends the connection with the code that says the same (rule M7). */

import { CLOSE, type ErrorMessage, SYNC_ERROR_CODES, type SyncErrorCode } from "@neverstale/protocol";
import type { HttpRefusal } from "./exchange.ts";

/** The status of what somebody else has written counts for nothing: a proxy may refuse what the authority would have taken. */
export function codeOfRefusal(refusal: HttpRefusal): number {
  if (!refusal.isOwn) return CONNECTION_LOST;
  if (refusal.status === 503 && toldIn(refusal.text)?.code === "shutting_down") return CLOSE.comeBackNow;
  return CODE_OF_STATUS.get(refusal.status) ?? CONNECTION_LOST;
}

/** Returns the message that says in words what a refusal for now was about. Null: it is for good, or is not of the authority. */
export function errorOf({ isOwn, status, text, retryAfter }: HttpRefusal): ErrorMessage | null {
  const told = toldIn(text);
  if (!isOwn || CODE_OF_STATUS.get(status) !== CLOSE.comeBackLater || told === null) return null;
  const seconds = Number(retryAfter ?? "1");
  return { type: "error", ...told, retryAfterMs: 1000 * (Number.isSafeInteger(seconds) ? seconds : 1) };
}

/** Nothing there knows the HTTP profile: another server has answered, or one of an earlier release. */
export function isElsewhere({ isOwn, status }: HttpRefusal): boolean {
  return !isOwn && (status < 400 || status === 404 || status === 405);
}

/** It reads a problem document (RFC 9457). Null: it is none, or its code is unknown here. */
function toldIn(document: string): Pick<ErrorMessage, "code" | "message" | "hint"> | null {
  try {
    const { code, detail, hint } = JSON.parse(document) as Record<string, unknown>;
    if (!isSyncErrorCode(code)) return null;
    return { code, message: typeof detail === "string" ? detail : "", hint: typeof hint === "string" ? hint : "" };
  } catch {
    return null;
  }
}

function isSyncErrorCode(code: unknown): code is SyncErrorCode {
  return (SYNC_ERROR_CODES as readonly unknown[]).includes(code);
}

const CODE_OF_STATUS: ReadonlyMap<number, number> = new Map([
  [401, CLOSE.notSignedIn],
  [403, CLOSE.forbidden],
  [404, CLOSE.unknownSpace],
  [426, CLOSE.clientTooOld],
  [429, CLOSE.comeBackLater],
  [503, CLOSE.comeBackLater],
]);

export const CONNECTION_LOST = 1006;
