/** The outbox holds what people are to be told, and what became of it. It is filled in the transaction in which an alert changes. */

import type { Alert, Delivery, Notifications, NotifyTarget } from "@neverstale/fleet-domain";
import { isoAfter } from "../fleet/moment.ts";
import { line, note } from "../fleet/note.ts";
import { RequestRefusal } from "../fleet/refusal.ts";
import type { Work } from "../fleet/work.ts";

/** Each target that wants this alert gets one delivery of it. */
export function notify(work: Work, alert: Alert, kind: "fired" | "resolved"): void {
  const { id, rule, severity, title, message, count, firedAt } = alert;
  const told = { id, rule, kind: alert.kind, severity, count, firedAt };
  for (const target of [...work.notifications.targets.values()])
    if (wants(target, alert)) add(work, target.id, { kind, title, message, alert: told });
}

function wants({ severity, alerts }: NotifyTarget, alert: Alert): boolean {
  return (severity === undefined || severity === alert.severity) && (alerts?.includes(alert.rule) ?? true);
}

/** A test goes the way of all others. It has what waits for the target tried now. */
export function notifyTest(work: Work, target: string, actor: string): { deliveryId: string } {
  if (!work.notifications.targets.has(target))
    throw new RequestRefusal("not_found", `there is no notify target ${target}`, {
      hint: "Name one of those that fleet.yaml has under notify.",
    });
  const waiting = waitingFor(work.notifications, target);
  if (waiting.length >= MAX_WAITING)
    throw new RequestRefusal("too_many_requests", `${MAX_WAITING} notifications wait for ${target} already`);
  const [first] = waiting;
  if (first !== undefined) work.changeNotifications("delivery_changed", { id: first.id, nextAttemptAt: null });
  const message = `${actor} asked whether notifications arrive here.`;
  const deliveryId = add(work, target, { kind: "test", title: "This is a test", message });
  note(work, {
    category: "audit",
    level: "info",
    actor,
    action: "notification_tested",
    message: `${actor} sent a test to ${target}`,
    details: { deliveryId },
  });
  return { deliveryId };
}

/** So many may wait for one target (B115). Beyond it the oldest is given up, because what is new matters more. */
export const MAX_WAITING = 500;

function add(work: Work, target: string, told: Pick<Delivery, "kind" | "title" | "message" | "alert">): string {
  const waiting = waitingFor(work.notifications, target);
  giveUp(work, waiting.slice(0, Math.max(0, waiting.length + 1 - MAX_WAITING)), "too many wait for this target");
  const { deliveries } = work.notifications;
  const number = 1 + [...deliveries.values()].reduce((most, { number }) => Math.max(most, number), 0);
  const id = work.at.newId();
  const made = { id, target, number, ...told, title: line(told.title), message: line(told.message) };
  work.changeNotifications("delivery_made", { ...made, at: work.at.iso, status: "pending", failures: 0 });
  return id;
}

/** They stand in the order in which they go. */
export function waitingFor({ deliveries }: Notifications, target: string): Delivery[] {
  return [...deliveries.values()]
    .filter((delivery) => delivery.target === target && delivery.status === "pending")
    .sort((a, b) => a.number - b.number);
}

/** An attempt ended so. */
export type DeliveryOutcome = { readonly ok: true } | { readonly ok: false; readonly why: string };

/** One that was delivered is so for good, even if it had been given up meanwhile. */
export function settleAttempt(work: Work, id: string, outcome: DeliveryOutcome): void {
  const delivery = work.notifications.deliveries.get(id);
  if (delivery === undefined || delivery.status === "delivered") return;
  const over = { status: "delivered", settledAt: work.at.iso, nextAttemptAt: null } as const;
  if (outcome.ok) work.changeNotifications("delivery_changed", { id, ...over });
  if (outcome.ok || delivery.status !== "pending") return;
  const failures = delivery.failures + 1;
  work.changeNotifications("delivery_changed", {
    id,
    failures,
    lastFailure: line(outcome.why).slice(0, FAILURE_CHARS).toWellFormed(),
    nextAttemptAt: isoAfter(work.at, pauseAfter(failures)),
  });
}

const FAILURE_CHARS = 200;

/** It doubles from two seconds to five minutes (B117). */
function pauseAfter(failures: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 20));
}

const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 300_000;

/** Deliveries that are too old, or wait for a target that is gone, are given up. */
export function sweepOutbox(work: Work): void {
  const { targets, deliveries } = work.notifications;
  const waiting = [...deliveries.values()].filter(({ status }) => status === "pending");
  const gone = waiting.filter(({ target }) => !targets.has(target));
  giveUp(work, gone, "its target is gone");
  const tooOld = (at: string) => work.at.ms - Date.parse(at) >= TRIED_FOR_MS;
  const old = waiting.filter(({ target, at }) => targets.has(target) && tooOld(at));
  giveUp(work, old, "it was tried for 3 days");
}

/** A delivery is tried for so long (B118). */
export const TRIED_FOR_MS = 3 * 24 * 3_600_000;

/** One event tells of all that are given up in one moment. */
function giveUp(work: Work, deliveries: readonly Delivery[], why: string): void {
  const [first] = deliveries;
  if (first === undefined) return;
  const over = { status: "given_up", settledAt: work.at.iso, nextAttemptAt: null } as const;
  for (const { id } of deliveries) work.changeNotifications("delivery_changed", { id, ...over });
  const targets = [...new Set(deliveries.map(({ target }) => target))].join(", ");
  const what = deliveries.length === 1 ? `"${first.title}"` : `${deliveries.length} notifications`;
  note(work, {
    category: "error",
    level: "error",
    actor: "server",
    action: "notification_given_up",
    message: line(`${what} could not be delivered to ${targets}: ${why}`),
    details: { deliveries: deliveries.length },
  });
}

/** It is the next one for this target, or null while nothing is due. Those behind it wait for it. */
export function dueFor(notifications: Notifications, target: string, nowMs: number): Delivery | null {
  let first: Delivery | null = null;
  for (const delivery of notifications.deliveries.values()) {
    if (delivery.target !== target || delivery.status !== "pending") continue;
    if (first === null || delivery.number < first.number) first = delivery;
  }
  const at = first?.nextAttemptAt;
  return at === undefined || Date.parse(at) <= nowMs ? first : null;
}
