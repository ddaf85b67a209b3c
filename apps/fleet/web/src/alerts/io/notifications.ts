/** The notifications are asked for again and again while they are looked at: they are not part of the state that a page follows. */

import type { ShownNotifications } from "@neverstale/fleet-client";
import { useCallback, useEffect, useState } from "react";
import { useVisitor } from "../../accounts/visitor.ts";
import { useReplica } from "../../state/replica-hooks.ts";

const AGAIN_MS = 3_000;

export function useNotifications() {
  const { sessions } = useVisitor();
  const replica = useReplica();
  const [shown, setShown] = useState<ShownNotifications | null>(null);
  /** They were so at this time, by the server's clock. */
  const [at, setAt] = useState<number | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const failed = useCallback(
    (error: unknown) => setFailure(error instanceof Error ? error.message : String(error)),
    [],
  );
  const load = useCallback(async () => {
    try {
      const askedAt = replica.serverNow();
      setShown(await sessions.notifications());
      setAt(askedAt);
      setFailure(null);
    } catch (error) {
      failed(error);
    }
  }, [sessions, replica, failed]);
  useEffect(() => {
    void load();
    const timer = setInterval(() => void load(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [load]);
  const test = (target: string) => {
    setBusy(true);
    sessions
      .testNotification(target)
      .then(load, failed)
      .finally(() => setBusy(false));
  };
  return { shown, at, failure, test, busy };
}
