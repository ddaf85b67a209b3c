/** The messages of a node link are JSON texts: what the node that dialled says, and what the other one answers. */

import type { ChainEntry, ChainHead } from "../../store/contract.ts";
import { DIGESTS_PER_MESSAGE, type ToldDigests } from "../digests/digest-telling.ts";
import type { ForwardedCall } from "../node-link.ts";
import { answersIn, type CallAnswer } from "./call-answers.ts";
import { isCount, isEntry, isPlace, isRecordOfUnknown } from "./entry-shape.ts";
import { callsIn } from "./forwarded-calls.ts";

/** The node that dialled says this. */
export type LinkSaid =
  | { readonly type: "entry"; readonly entry: ChainEntry }
  | { readonly type: "digests"; readonly told: ToldDigests }
  | { readonly type: "alive" }
  | { readonly type: "calls"; readonly id: number; readonly calls: readonly ForwardedCall[] }
  | { readonly type: "succeed"; readonly id: number; readonly place: ChainHead };

/** The other one answers this. `heard` counts the entries that came on this connection, whatever became of them. */
export type Answered =
  | { readonly type: "at"; readonly heard: number; readonly place: ChainHead | null }
  | { readonly type: "answers"; readonly answers: readonly CallAnswer[] }
  | { readonly type: "succeeded"; readonly id: number; readonly isTaken: boolean };

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
  if (type !== "calls") return null;
  const calls = callsIn(message.changes, message.runs);
  return calls === null ? null : { type, id, calls };
}

/** It returns null for what is no message. */
export function answeredIn(text: string): Answered | null {
  const message = parsed(text);
  if (message === null) return null;
  const { type, id, heard, place, isTaken } = message;
  if (type === "at")
    return isCount(heard) && (place === null || isPlace(place)) ? { type, heard, place: place ?? null } : null;
  if (type === "answers") {
    const answers = answersIn(message.answers);
    return answers === null ? null : { type, answers };
  }
  return type === "succeeded" && isCount(id) && typeof isTaken === "boolean" ? { type, id, isTaken } : null;
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
