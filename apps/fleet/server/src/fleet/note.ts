/** A note is an event that says in the state what happened, in the transaction in which it did. */

import type { Event } from "@neverstale/fleet-domain";
import { type AuditedDeed, keepForAudit, nextAuditId } from "../audit/chain.ts";
import { movedIn, type SharedEvent } from "../shares/moved-records.ts";
import type { Work } from "./work.ts";

/**
 * An audit event is kept for the audit too, with what was done. At a node that is not the writer nobody knows which one is before it, so
 * what such a node does by itself is an event of the system.
 */
export function note(work: Work, { category, ...event }: Note, deed: AuditedDeed = {}, shared?: Shared): void {
  const isAudit = category === "audit" && !work.isSuggestion;
  const kept = { ...event, category: isAudit || category !== "audit" ? category : "system" } as const;
  const id = isAudit ? nextAuditId(work) : work.at.newId();
  const noted = { ...kept, message: line(event.message), id, at: work.at.iso };
  work.change("event", event.host ?? "", noted);
  if (isAudit) keepForAudit(work, noted, deed);
  if (shared !== undefined && work.fleet.sharedTags.size > 0)
    movedIn(work.transaction).events.push({ ...shared, event: noted });
}

/** An event of several hosts is told of some of them to those who see no others. */
export type Shared = Omit<SharedEvent, "event">;

/**
 * It notes what a host's agent causes by itself, as often as it likes. Beyond the host's budget one event says so, and the others are
 * left out. It returns true when the event was noted.
 */
export function noteWithin(work: Work, event: Note & { readonly host: string }): boolean {
  const { host, category } = event;
  const grant = work.budgets.spendEvent(host, category === "audit", work.at.ms);
  if (grant === "go") note(work, event);
  if (grant === "alarm") {
    note(work, {
      category: "error",
      level: "error",
      actor: "server",
      host,
      action: "host_events_left_out",
      message: `the agent of ${host} causes more events than a host may: the others are left out; look at what it does`,
    });
  }
  return grant === "go";
}

export type Note = Omit<Event, "id" | "at">;

/** It makes a text fit to be stored where a line is expected: 500 characters, none of them cut in half. */
export function line(text: string): string {
  return text.slice(0, 500).toWellFormed();
}

/** It says `1 host` or `3 hosts`. */
export function hostCount(number: number): string {
  return number === 1 ? "1 host" : `${number} hosts`;
}
