/** The event log lists events, newest first, of which the audit events come from a space of their own. */

import {
  AUDIT_BEGINNING_ID,
  AUDIT_SPACE,
  type AuditEvent,
  type AuditState,
  type EventLogAnswer,
  type EventLogQuery,
  eventTest,
  type GrantedTags,
} from "@neverstale/fleet-domain";
import { MAIN_SPACE } from "@neverstale/server";
import type { z } from "zod";
import { shownOn } from "../accounts/granted.ts";
import type { FleetManager } from "../fleet/state.ts";
import { newestFirst, type PageOf, type Past, readPast, unknownCursor } from "./past.ts";

/** A page has audit events from their own space, out of which nothing pushes them, and the others from the main space. */
export async function eventLog(
  manager: FleetManager,
  tags: GrantedTags,
  query: z.output<typeof EventLogQuery>,
): Promise<EventLogAnswer> {
  const { limit, category } = query;
  const isAskedFor = eventTest(query, manager.state.hosts);
  const before = cursorsOf(query.before, category);
  const [others, audit] = await Promise.all([
    pageOf(manager, tags, MAIN_SPACE, isAskedFor, before.others, limit),
    pageOf(manager, tags, AUDIT_SPACE, isAskedFor, before.audit, limit),
  ]);
  const events: AuditEvent[] = [];
  const next = { others: before.others, audit: before.audit };
  const waiting = { others: [...others.found], audit: [...audit.found] };
  while (events.length < limit) {
    const kind = newer(waiting.others[0], waiting.audit[0]);
    const taken = kind === null ? undefined : waiting[kind].shift();
    if (kind === null || taken === undefined) break;
    events.push(taken.record);
    next[kind] = taken.behind;
  }
  if (waiting.others.length === 0) next.others = others.next;
  if (waiting.audit.length === 0) next.audit = audit.next;
  return { events, next: cursorOf(next) };
}

/** The two kinds of events go on at these cursors. Null means that a kind has ended. */
interface Cursors {
  readonly others: string | undefined | null;
  readonly audit: string | undefined | null;
}

function newer(other: Past<AuditEvent> | undefined, audit: Past<AuditEvent> | undefined): keyof Cursors | null {
  if (other === undefined) return audit === undefined ? null : "audit";
  if (audit === undefined) return "others";
  return other.record.at > audit.record.at ? "others" : "audit";
}

function pageOf(
  manager: FleetManager,
  tags: GrantedTags,
  space: string,
  isAskedFor: (event: AuditEvent) => boolean,
  before: Cursors["audit"],
  limit: number,
): Promise<PageOf<AuditEvent>> {
  if (before === null) return Promise.resolve({ found: [], next: null });
  const audit = (manager.space(AUDIT_SPACE)?.state ?? null) as AuditState | null;
  const events = space === MAIN_SPACE ? manager.state.events : audit?.events;
  const shared = space === MAIN_SPACE ? sharedEvents(manager, tags) : new Map<string, AuditEvent>();
  const isOfOwnHost = shownOn(manager, tags);
  const isShown = (event: AuditEvent) => isOfOwnHost(event) || shared.has(event.id);
  const live = newestFirst(
    [...[...(events?.values() ?? [])].filter(isOfOwnHost), ...shared.values()],
    (event) => event.at,
  );
  const belongsHere = space === MAIN_SPACE ? isNotApart(audit) : () => true;
  const isOfThese = (event: AuditEvent) => shared.get(event.id) === event || (belongsHere(event) && isOfOwnHost(event));
  const matches = (event: AuditEvent) => isOfThese(event) && isAskedFor(event);
  return readPast<AuditEvent>(manager, { space, collection: "events", live, isShown, matches, limit, before });
}

/** Events of several hosts are told of the own ones, as long as they are in the state. */
function sharedEvents({ state }: FleetManager, tags: GrantedTags): ReadonlyMap<string, AuditEvent> {
  const found = new Map<string, AuditEvent>();
  for (const { tag, event } of tags === null ? [] : state.shares.values())
    if (event !== undefined && tags?.includes(tag) === true) found.set(event.id, event);
  return found;
}

/** Audit events from before they were kept apart are among the others only. */
function isNotApart(audit: AuditState | null): (event: AuditEvent) => boolean {
  const since = audit?.beginnings.get(AUDIT_BEGINNING_ID)?.at;
  return ({ category, at }) => category !== "audit" || since === undefined || at < since;
}

/** A cursor is `<others>;<audit>`. Each of the two is a cursor itself, empty for the newest, or `-` where that kind has ended. */
function cursorOf({ others, audit }: Cursors): string | null {
  if (others === null && audit === null) return null;
  return [others, audit].map((cursor) => (cursor === null ? "-" : (cursor ?? ""))).join(";");
}

function cursorsOf(before: string | undefined, category: AuditEvent["category"] | undefined): Cursors {
  const [others = "", audit = "", ...more] = before === undefined ? ["", ""] : before.split(";");
  if (more.length > 0 || (before !== undefined && !before.includes(";"))) throw unknownCursor();
  const read = (cursor: string) => (cursor === "-" ? null : cursor === "" ? undefined : cursor);
  const isOther = category !== undefined && category !== "audit";
  return { others: category === "audit" ? null : read(others), audit: isOther ? null : read(audit) };
}
