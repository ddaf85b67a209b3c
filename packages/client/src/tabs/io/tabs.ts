/** `tabs` makes what lets the tabs of a browser share one connection. */

import type { MakeTabs } from "../sharing.ts";
import type { TabLock, TabMessage, TabPlace } from "../tab-place.ts";
import { TabsTransport } from "../tabs-transport.ts";

/**
 * Give it to a replica as its option `tabs`. Only who imports it has the code of it. Where a browser has no Web Locks or no
 * BroadcastChannel, each tab has a connection of its own.
 */
export function tabs(): MakeTabs {
  return (host, transport) => (canShare() ? new TabsTransport(host, transport, browserTabs) : transport);
}

/** On a page that came over plain HTTP there are no locks. */
function canShare(): boolean {
  return typeof BroadcastChannel !== "undefined" && typeof navigator !== "undefined" && navigator.locks !== undefined;
}

const browserTabs: TabPlace = {
  lead(name, steals, granted) {
    const waiting = new AbortController();
    let end: (() => void) | null = null;
    const lock: TabLock = { lost: () => {}, release: () => end?.() };
    const hold = () =>
      new Promise<void>((resolve) => {
        end = resolve;
        if (waiting.signal.aborted) resolve();
        else granted(lock);
      });
    navigator.locks.request(name, steals ? { steal: true } : { signal: waiting.signal }, hold).catch(() => {
      if (end !== null) lock.lost();
      else if (!waiting.signal.aborted) granted(lock); // A browser that gives no lock gives each tab a connection.
    });
    return () => waiting.abort();
  },
  join(name, hear) {
    const channel = new BroadcastChannel(name);
    channel.addEventListener("message", ({ data }) => hear(data as TabMessage));
    return { post: (message) => channel.postMessage(message), leave: () => channel.close() };
  },
};
