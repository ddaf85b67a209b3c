/** The log of events is asked of the server by this, which the page hands down. */

import type { EventWish } from "@neverstale/fleet-domain/schema-free";
import { createContext, useCallback, useContext, useEffect, useRef, useState } from "react";
import { useReplica } from "../state/replica-hooks.ts";
import { type PastList, type PastPage, withPage } from "./past-list.ts";

/** It rejects with an error whose message is a sentence for the visitor. */
export type AskForEvents = (filter: EventWish, before: string | null, signal: AbortSignal) => Promise<PastPage>;

export const EventLogContext = createContext<AskForEvents | null>(null);

/** A filter that matches little makes empty pages. So many are read on by themselves. */
const EMPTY_PAGES = 20;

/** It begins anew when the filter is another one. */
export function usePastEvents(filter: EventWish, key: string) {
  const ask = useContext(EventLogContext);
  const replica = useReplica();
  const [past, setPast] = useState<{ readonly key: string; readonly list: PastList } | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const asking = useRef<AbortController | null>(null);
  const list = past?.key === key ? past.list : null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was asked for with another filter is not waited for.
  useEffect(() => {
    setFailure(null);
    return () => asking.current?.abort();
  }, [key]);
  const more = useCallback(() => {
    if (ask === null) return;
    asking.current?.abort();
    const own = new AbortController();
    asking.current = own;
    setBusy(true);
    setFailure(null);
    const read = async () => {
      let known = list;
      for (let pages = 0; pages < EMPTY_PAGES; pages += 1) {
        const at = replica.serverNow();
        const page = await ask(filter, known?.next ?? null, own.signal);
        if (own.signal.aborted) return;
        known = withPage(known, page, at);
        setPast({ key, list: known });
        if (page.events.length > 0 || known.next === null) return;
      }
    };
    read()
      .catch((error: unknown) => {
        if (!own.signal.aborted) setFailure(error instanceof Error ? error.message : String(error));
      })
      .finally(() => {
        if (asking.current === own) setBusy(false);
      });
  }, [ask, replica, filter, key, list]);
  return { list, failure, busy, more };
}
