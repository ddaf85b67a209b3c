/** The notifications are asked for again and again while they are looked at: they are not part of the state that a page follows. */

import type { ShownNotifications } from "@neverstale/fleet-client";
import { useCallback, useEffect, useState } from "react";
import { useVisitor } from "../../accounts/visitor.ts";

const AGAIN_MS = 3_000;

export function useNotifications() {
  const { sessions } = useVisitor();
  const [shown, setShown] = useState<ShownNotifications | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const failed = useCallback(
    (error: unknown) => setFailure(error instanceof Error ? error.message : String(error)),
    [],
  );
  const load = useCallback(async () => {
    try {
      setShown(await sessions.notifications());
      setFailure(null);
    } catch (error) {
      failed(error);
    }
  }, [sessions, failed]);
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
  return { shown, failure, test, busy };
}
