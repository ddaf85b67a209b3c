/** The messages of a node link are JSON texts: what the node that dialled says, and what the other one answers. */

import { type JsonValue, SYNC_ERROR_CODES, SyncError, type SyncErrorCode } from "@neverstale/protocol";
import type { Applied } from "../../authority/transaction.ts";
import type { ChainEntry, ChainHead } from "../../store/contract.ts";
import { DIGESTS_PER_MESSAGE, type ToldDigests } from "../digests/digest-telling.ts";
import type { ForwardedCall } from "../node-link.ts";
import { isEntry, isPlace, isRecordOfUnknown } from "./entry-shape.ts";

/** The node that dialled says this. */
export type LinkSaid =
  | { readonly type: "entry"; readonly entry: ChainEntry }
  | { readonly type: "digests"; readonly told: ToldDigests }
  | { readonly type: "alive" }
  | { readonly type: "call"; readonly id: number; readonly call: ForwardedCall }
  | { readonly type: "succeed"; readonly id: number; readonly place: ChainHead };

/** The other one answers this. `heard` counts the entries that came on this connection, whatever became of them. */
export type Answered =
  | { readonly type: "at"; readonly heard: number; readonly place: ChainHead | null }
  | { readonly type: "applied"; readonly id: number; readonly applied: Applied }
  | { readonly type: "refused"; readonly id: number; readonly error: ToldError }
  | { readonly type: "succeeded"; readonly id: number; readonly isTaken: boolean };

interface ToldError {
  /** It is null for what is no `SyncError`. */
  readonly code: SyncErrorCode | null;
  readonly message: string;
  readonly hint: string;
  readonly retryAfterMs: number | null;
}

/** It returns null for what is no message. */
export function saidIn(text: string): LinkSaid | null {
  const message = parsed(text);
  if (message === null) return null;
  const { type, id, entry, place, told } = message;
  if (type === "alive") return { type };
  if (type === "entry") return isEntry(entry) ? { type, entry } : null;
  if (type === "digests") return isToldDigests(told) ? { type, told } : null;
  if (!isCount(id)) return null;
  if (type === "succeed") return isPlace(place) ? { type, id, place } : null;
  if (type !== "call") return null;
  const call = callIn(message.call);
  return call === null ? null : { type, id, call };
}

/** It returns null for what is no message. */
export function answeredIn(text: string): Answered | null {
  const message = parsed(text);
  if (message === null) return null;
  const { type, id, heard, place, isTaken } = message;
  if (type === "at")
    return isCount(heard) && (place === null || isPlace(place)) ? { type, heard, place: place ?? null } : null;
  if (!isCount(id)) return null;
  if (type === "succeeded") return typeof isTaken === "boolean" ? { type, id, isTaken } : null;
  if (type === "applied") {
    const applied = appliedIn(message.applied);
    return applied === null ? null : { type, id, applied };
  }
  if (type !== "refused") return null;
  const error = errorIn(message.error);
  return error === null ? null : { type, id, error };
}

export function told(error: unknown): ToldError {
  if (error instanceof SyncError) {
    const { code, message, hint, retryAfterMs } = error;
    return { code, message, hint, retryAfterMs };
  }
  return { code: null, message: error instanceof Error ? error.message : String(error), hint: "", retryAfterMs: null };
}

export function errorTold({ code, message, hint, retryAfterMs }: ToldError): Error {
  if (code === null) return new Error(message);
  return new SyncError(code, message, retryAfterMs === null ? { hint } : { hint, retryAfterMs });
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecordOfUnknown(value) ? value : null;
  } catch {
    return null;
  }
}

function isToldDigests(told: unknown): told is ToldDigests {
  if (!isRecordOfUnknown(told) || !isPlace(told.place) || !Array.isArray(told.digests)) return false;
  return told.digests.length <= DIGESTS_PER_MESSAGE && told.digests.every(isToldDigest);
}

function isToldDigest(value: unknown): boolean {
  if (!isRecordOfUnknown(value)) return false;
  const { space, creationId, version, digest } = value;
  return [space, creationId, digest].every((text) => typeof text === "string") && isCount(version);
}

/** The writer judges what the change holds, and which options there are. */
function callIn(call: unknown): ForwardedCall | null {
  if (!isRecordOfUnknown(call)) return null;
  const { change, options } = call;
  if (!isRecordOfUnknown(change) || !isRecordOfUnknown(options)) return null;
  const { type, target, data } = change;
  if (typeof type !== "string" || typeof target !== "string" || !isRecordOfUnknown(data)) return null;
  return { change: { type, target, data: data as Record<string, JsonValue> }, options };
}

function appliedIn(applied: unknown): Applied | null {
  if (!isRecordOfUnknown(applied)) return null;
  const { epoch, version, versions, answer, replayed } = applied;
  if (typeof epoch !== "string" || !isCount(version) || !isRecordOfUnknown(versions) || typeof replayed !== "boolean")
    return null;
  const counts: Record<string, number> = {};
  for (const [name, count] of Object.entries(versions)) {
    if (!isCount(count)) return null;
    counts[name] = count;
  }
  return { epoch, version, versions: counts, answer: (answer ?? null) as JsonValue, replayed };
}

function errorIn(error: unknown): ToldError | null {
  if (!isRecordOfUnknown(error)) return null;
  const { code, message, hint, retryAfterMs } = error;
  if (typeof message !== "string" || typeof hint !== "string") return null;
  const known = SYNC_ERROR_CODES.find((name) => name === code) ?? null;
  return { code: known, message, hint, retryAfterMs: typeof retryAfterMs === "number" ? retryAfterMs : null };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
