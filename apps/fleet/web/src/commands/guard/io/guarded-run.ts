/** A run begins in three steps: what changed since it was prepared is shown, what is dangerous is confirmed, and then it is sent. */

import { useCallback, useRef, useState } from "react";
import type { FleetReplica } from "../../../state/replica-hooks.ts";
import { useReplica } from "../../../state/replica-hooks.ts";
import type { DispatchOutcome, Safeguards, SentDispatch, WantedDispatch } from "../../dispatch-outcome.ts";
import { newDispatchKey, sendDispatch } from "../../io/send-dispatch.ts";
import { isDangerous } from "../../safeguard-sheet.tsx";
import { movedSince, movedWords, type SeenWork, seeWork, type WantedWork } from "../seen-hosts.ts";

export interface GuardedRun {
  /** It is what became of the last one. */
  readonly attempted: Attempted | null;
  readonly running: boolean;
  /** Something changed meanwhile, and nothing was sent: this says what. */
  readonly changed: string | null;
  /** It waits for the number of hosts and a code. */
  readonly dangerous: WantedDispatch | null;
  /** The next run is prepared on what is shown now. */
  readonly prepare: (what: WantedWork, ids: readonly string[]) => void;
  /** It is sent, unless something changed since it was prepared, or it is dangerous. */
  readonly begin: (request: WantedDispatch) => void;
  /** Whoever has read what changed sends it all the same. */
  readonly beginAnyway: () => void;
  readonly confirm: (safeguards: Safeguards | null) => void;
  /** It asks again for what got no answer, under the same key. */
  readonly repeat: (attempted: Attempted) => void;
  /** Without an attempt it forgets the last one, whichever that is, and what changed. */
  readonly forget: (one?: Attempted) => void;
}

interface Attempted {
  readonly request: WantedDispatch;
  readonly key: string;
  readonly outcome: DispatchOutcome;
}

/** `since` says in words when it was prepared, as `you chose this`. `onSent` is called with what was started. */
export function useGuardedRun(since: string, onSent: (sent: SentDispatch) => void): GuardedRun {
  const replica = useReplica();
  const seen = useRef<SeenWork | null>(null);
  const [running, setRunning] = useState(false);
  const [attempted, setAttempted] = useState<Attempted | null>(null);
  const [held, setHeld] = useState<{ readonly request: WantedDispatch; readonly words: string } | null>(null);
  const [dangerous, setDangerous] = useState<WantedDispatch | null>(null);

  const prepare = useCallback(
    (what: WantedWork, ids: readonly string[]) => {
      seen.current = seeWork(replica.state, what, ids);
      setHeld(null);
    },
    [replica],
  );
  const send = (request: WantedDispatch, key = newDispatchKey()) => {
    setRunning(true);
    setAttempted(null);
    setHeld(null);
    const sending = sendDispatch(replica, request, key).then((sent) => {
      seen.current = null; // What it has started moves these hosts. The next run is prepared anew.
      if (sent.outcome.kind === "moved") return setHeld({ request, words: sent.outcome.sentence });
      setAttempted({ request, key, outcome: sent.outcome });
      onSent(sent);
    });
    void sending.finally(() => setRunning(false));
  };
  /** The server judges by the version that the page shows at this moment. */
  const sendAsSeen = (request: WantedDispatch) => {
    const asSeen = { ...request, seen: positionOf(replica) };
    if (isDangerous(replica.state, request)) setDangerous(asSeen);
    else send(asSeen);
  };
  return {
    attempted,
    running,
    changed: held?.words ?? null,
    dangerous,
    prepare,
    begin: (request) => {
      const moved = seen.current === null ? [] : movedSince(seen.current, replica.state, request.hosts);
      if (moved.length === 0) return sendAsSeen(request);
      setAttempted(null);
      setHeld({ request, words: movedWords(moved, seen.current?.hosts.size ?? 0, since) });
    },
    beginAnyway: () => {
      if (held === null) return;
      seen.current = seeWork(replica.state, wantedWorkOf(held.request), held.request.hosts);
      sendAsSeen(held.request);
    },
    confirm: (safeguards) => {
      setDangerous(null);
      if (dangerous !== null && safeguards !== null) send({ ...dangerous, safeguards });
    },
    repeat: ({ request, key }) => send(request, key),
    forget: (one) => {
      setAttempted((now) => (one === undefined || now === one ? null : now));
      if (one === undefined) setHeld(null);
    },
  };
}

function wantedWorkOf(request: WantedDispatch): WantedWork {
  return "op" in request ? { op: request.op } : { pipeline: request.pipeline };
}

/** Null means that nothing has come yet, so nothing was seen either. */
export function positionOf({ epoch, version }: FleetReplica): WantedDispatch["seen"] {
  return epoch === null ? undefined : { ifVersion: version, ifEpoch: epoch };
}
