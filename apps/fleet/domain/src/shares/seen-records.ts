/** Who is limited to several tags has a share for each: here they are put together, and stand where the whole record stands for others. */

import type { Alert } from "../alerts/alert.ts";
import type { Pipeline } from "../commands/pipeline.ts";
import type { Event } from "../events/event.ts";
import type { Fleet } from "../fleet.ts";
import type { Share } from "./share.ts";

/** A server of an older release has no shares. */
type Seen<C extends keyof Fleet> = Pick<Fleet, C> & Partial<Pick<Fleet, "shares">>;

const NONE: Fleet["shares"] = new Map();

/** Nobody has both: to whom a record is shown whole, the shares of it are nothing new. */
export function seenPipelines({ pipelines, shares = NONE }: Seen<"pipelines">): readonly Pipeline[] {
  if (pipelines.size > 0) return [...pipelines.values()];
  return together(shares, ({ pipeline }) => pipeline, bothPipelines);
}

export function seenPipeline(fleet: Seen<"pipelines">, id: string): Pipeline | null {
  return fleet.pipelines.get(id) ?? seenPipelines(fleet).find((pipeline) => pipeline.id === id) ?? null;
}

export function seenAlerts({ alerts, shares = NONE }: Seen<"alerts">): readonly Alert[] {
  if (alerts.size > 0) return [...alerts.values()];
  return together(shares, ({ alert }) => alert, bothAlerts);
}

export function seenAlert(fleet: Seen<"alerts">, id: string): Alert | null {
  return fleet.alerts.get(id) ?? seenAlerts(fleet).find((alert) => alert.id === id) ?? null;
}

/** An event of one host is there by itself. Of several hosts each tag has its own words, and one of them stands for all. */
export function seenEvents({ events, shares = NONE }: Seen<"events">): readonly Event[] {
  const shared = together(
    shares,
    ({ event }) => event,
    (event) => event,
  );
  return [...events.values(), ...shared.filter(({ id }) => !events.has(id))];
}

export function seenEvent(fleet: Seen<"events">, id: string): Event | null {
  return fleet.events.get(id) ?? seenEvents(fleet).find((event) => event.id === id) ?? null;
}

function together<R extends { readonly id: string }>(
  shares: ReadonlyMap<string, Share>,
  recordIn: (share: Share) => R | undefined,
  both: (a: R, b: R) => R,
): R[] {
  const found = new Map<string, R>();
  for (const share of shares.values()) {
    const record = recordIn(share);
    if (record === undefined) continue;
    const other = found.get(record.id);
    found.set(record.id, other === undefined ? record : both(other, record));
  }
  return [...found.values()];
}

function bothPipelines(a: Pipeline, b: Pipeline): Pipeline {
  const unfinished = { ...a.unfinished, ...b.unfinished };
  return {
    ...a,
    hosts: union(a.hosts, b.hosts),
    failedHosts: union(a.failedHosts, b.failedHosts),
    ...(Object.keys(unfinished).length > 0 && { unfinished }),
    status: a.status === b.status ? a.status : "partial",
  };
}

function bothAlerts(a: Alert, b: Alert): Alert {
  const [first, second] = ORDER[a.status] <= ORDER[b.status] ? [a, b] : [b, a];
  const subjects = { ...a.subjects, ...b.subjects };
  const isSaid = first.message.includes(second.message);
  const message = isSaid ? first.message : `${first.message}; ${second.message}`.slice(0, 500);
  return { ...first, subjects, count: Math.max(a.count, b.count, Object.keys(subjects).length), message };
}

/** An alert is as open as the part of it that is most open. */
const ORDER = { firing: 0, acknowledged: 1, resolved: 2 } as const;

function union(a: readonly string[], b: readonly string[]): readonly string[] {
  return [...new Set([...a, ...b])];
}
