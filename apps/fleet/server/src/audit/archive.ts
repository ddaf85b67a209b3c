/** The archive keeps audit events that are too old for the live state, as rows of the store that are found by their number. */

import {
  AUDIT_BEGINNING_ID,
  AUDIT_SPACE,
  type AuditChain,
  type AuditEvent,
  type AuditState,
  auditEventId,
} from "@neverstale/fleet-domain";
import type { PointRow } from "@neverstale/server/store";
import type { FleetManager } from "../fleet/state.ts";

/** No metrics have points that are so near to each other. The place of a row in time is the event's number. */
export const ARCHIVE_STEP = 1;
export const ARCHIVE_SERIES = "audit";

export function auditIn(manager: Pick<FleetManager, "space">): AuditState | null {
  return (manager.space(AUDIT_SPACE)?.state as AuditState | undefined) ?? null;
}

export function chainOf(manager: Pick<FleetManager, "space">): AuditChain | null {
  return auditIn(manager)?.chains.get(AUDIT_BEGINNING_ID) ?? null;
}

export function archiveRow(event: AuditEvent): PointRow {
  return {
    step: ARCHIVE_STEP,
    at: event.sequence ?? 0,
    series: ARCHIVE_SERIES,
    text: `${JSON.stringify(event)}\n`,
  };
}

/** A batch whose outcome was unknown is written again, and its rows hold their event twice then. It throws for what is no event. */
export function archivedIn({ text }: PointRow): readonly AuditEvent[] {
  return text
    .trimEnd()
    .split("\n")
    .map((each) => JSON.parse(each) as AuditEvent);
}

/** It returns the events with these numbers, in order, as far as they are kept: `to` is not among them. */
export async function eventsBetween(manager: AuditManager, from: number, to: number): Promise<readonly AuditEvent[]> {
  const found = new Map<number, AuditEvent>();
  const live = auditIn(manager)?.events;
  for (let sequence = from; sequence < to; sequence += 1) {
    const event = live?.get(auditEventId(sequence));
    if (event !== undefined) found.set(sequence, event);
  }
  if (found.size < to - from) {
    const rows = await manager.points.readPoints({ step: ARCHIVE_STEP, series: ARCHIVE_SERIES, from, to });
    for (const row of rows) for (const event of archivedIn(row).slice(0, 1)) found.set(row.at, event);
  }
  if (found.size < to - from) for await (const event of evicted(manager, from)) putWithin(found, event, from, to);
  return [...found].sort(([a], [b]) => a - b).map(([, event]) => event);
}

export type AuditManager = Pick<FleetManager, "space" | "points" | "history">;

function putWithin(found: Map<number, AuditEvent>, event: AuditEvent, from: number, to: number): void {
  const { sequence = 0 } = event;
  if (sequence >= from && sequence < to && !found.has(sequence)) found.set(sequence, event);
}

/** Where very many events came at once, some have left the live state before they were archived. They come newest first. */
async function* evicted(manager: AuditManager, from: number): AsyncGenerator<AuditEvent> {
  const query = { space: AUDIT_SPACE, collection: "events", limit: ROWS };
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const rows = await manager.history({ ...query, before });
    for (const { record } of rows.toReversed()) {
      const event = record as unknown as AuditEvent;
      if ((event.sequence ?? 0) < from) return;
      yield event;
    }
    const [oldest] = rows;
    if (oldest === undefined || rows.length < ROWS) return;
    before = oldest.position;
  }
}

const ROWS = 500;
