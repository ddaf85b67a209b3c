/** A large message comes in parts, which are acked one by one and prove that the line is alive (rule M9). */

import type { Millis } from "@neverstale/base";
import type { PartProgress, ServerMessage } from "@neverstale/protocol";
import { ackEffect, acked, takenFrame } from "./acks.ts";
import { CHECK_ANSWER_MS, withLaterDeadlines } from "./checks.ts";
import { withLaterTimeout } from "./resync.ts";
import { become, type ConnectedPhase, type Link, type SyncState, type Transition } from "./state.ts";

/**
 * A part is a sign of life, so whatever is being waited for may take longer. It is acked at once, because the authority goes
 * by the acks to keep little under way on a slow line.
 */
export function receivePart(
  state: SyncState,
  phase: ConnectedPhase,
  part: { readonly progress: PartProgress; readonly sizeBytes: number },
  now: Millis,
): Transition {
  const partMs = partMsOf(phase.link, now);
  const taken = { ...takenFrame(phase.link, part.sizeBytes, now), loading: part.progress, partMs };
  const link = withLaterDeadlines(acked(taken), now);
  return become({ ...state, phase: withLaterTimeout({ ...phase, link }, now) }, ackEffect(taken));
}

/** A part that came out of a buffer after a sleep says nothing of the line as it is now. */
function partMsOf({ checks, heardAt, partMs }: Link, now: Millis): Millis {
  const isWakeUp = checks.some(({ urgent }) => urgent) || now - heardAt > CHECK_ANSWER_MS;
  return isWakeUp ? partMs : now - heardAt;
}

/**
 * Between the parts of a message there are only `sync`s, which say how much of it has been sent, and an `error`. Any other
 * message there is out of place: a part was lost.
 */
export function isOutOfPlace(
  loading: PartProgress | null,
  { message, fromParts }: { readonly message: ServerMessage | null; readonly fromParts: boolean },
): boolean {
  if (fromParts || message === null || message.type === "error") return false;
  if (message.type === "sync") return (message.part ?? null) !== (loading?.receivedBytes ?? null);
  return loading !== null;
}
