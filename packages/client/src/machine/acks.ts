/** Acks tell the authority which frames have been received, so that it knows how much is still on its way (rule A4b). */

import type { Millis } from "@neverstale/base";
import { ACK_AFTER_BYTES, ACK_AFTER_MS } from "@neverstale/protocol";
import {
  become,
  type ConnectedPhase,
  type Link,
  type SyncEffect,
  type SyncState,
  type Transition,
  withLink,
} from "./state.ts";

/** One more frame has come. */
export function takenFrame(link: Link, sizeBytes: number, now: Millis): Link {
  return {
    ...link,
    taken: link.taken + 1,
    unackedBytes: link.unackedBytes + sizeBytes,
    ackAt: link.ackAt ?? now + ACK_AFTER_MS,
    heardAt: now,
  };
}

export function ackIfDue(state: SyncState, phase: ConnectedPhase, now: Millis): Transition {
  if (!isAckDue(phase.link, now)) return become(state);
  return become(withLink(state, phase, acked(phase.link)), ackEffect(phase.link));
}

export function ackEffect(link: Link): SyncEffect {
  return { type: "send", message: { type: "ack", n: link.taken } };
}

export function acked(link: Link): Link {
  return { ...link, ackAt: null, unackedBytes: 0 };
}

function isAckDue({ ackAt, unackedBytes }: Link, now: Millis): boolean {
  return ackAt !== null && (now >= ackAt || unackedBytes >= ACK_AFTER_BYTES);
}
