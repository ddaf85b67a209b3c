/** The alert watch looks at the state every round: what a rule says fires an alert, and the alert is resolved when it is so no more. */

import type { Alert, AlertRule } from "@neverstale/fleet-domain";
import { ALERT_SUBJECTS } from "@neverstale/fleet-domain";
import { type FailedCount, failedSince } from "../accounts/failed-sign-ins.ts";
import { line, note } from "../fleet/note.ts";
import type { Work } from "../fleet/work.ts";
import { notify } from "../notifications/outbox.ts";
import { alertSentence, isAboutHosts } from "./alert-words.ts";
import { isSilenced, type Subjects, subjectsOf } from "./subjects.ts";

/**
 * The state says since when a host is offline. Since when a reading is above a bound is known here alone: a server that was started
 * anew counts from its start.
 */
export class AlertWatch {
  /** It has been so since then (in ms), by rule and subject. */
  readonly #since = new Map<string, Map<string, number>>();

  look(work: Work): void {
    const { alertRules } = work.fleet;
    for (const rule of alertRules.values()) this.#judge(work, rule);
    for (const id of this.#since.keys()) if (!alertRules.has(id)) this.#since.delete(id);
    for (const alert of openAlerts(work)) if (!alertRules.has(alert.rule)) resolve(work, alert, "its rule is gone");
  }

  #judge(work: Work, rule: AlertRule): void {
    const subjects = subjectsOf(work, rule);
    const since = this.#remember(rule, subjects, work.at.ms);
    for (const alert of [...work.fleet.alerts.values()]) if (alert.rule === rule.id) settle(work, alert, subjects);
    const told = new Set(toldBefore(work, rule));
    const isQuiet = (subject: string) => isAboutHosts(rule.kind) && isSilenced(work.fleet, subject, work.at.iso);
    const due = [...since].filter(
      ([subject, begun]) => work.at.ms - begun >= rule.forMs && !told.has(subject) && !isQuiet(subject),
    );
    if (due.length > 0) tell(work, rule, due);
  }

  #remember(rule: AlertRule, subjects: Subjects, nowMs: number): ReadonlyMap<string, number> {
    const before = this.#since.get(rule.id);
    const now = new Map([...subjects].map(([subject, begun]) => [subject, begun ?? before?.get(subject) ?? nowMs]));
    this.#since.set(rule.id, now);
    return now;
  }
}

function openAlerts({ fleet }: Work): Alert[] {
  return [...fleet.alerts.values()].filter(({ status }) => status !== "resolved");
}

/** Alerts have told of these, and it is still so. */
function toldBefore({ fleet }: Work, rule: AlertRule): string[] {
  return [...fleet.alerts.values()].flatMap((alert) => (alert.rule === rule.id ? Object.keys(alert.subjects) : []));
}

/**
 * Those that are well again leave it. When all have left, it is resolved. One that somebody closed before keeps those of which it is
 * still so, because nobody is to be told of them again.
 */
function settle(work: Work, { id, subjects, status }: Alert, still: Subjects): void {
  const well = Object.keys(subjects).filter((subject) => !still.has(subject));
  if (well.length === 0) return;
  work.change("alert_changed", "", { id, subjects: Object.fromEntries(well.map((subject) => [subject, null])) });
  const alert = work.fleet.alerts.get(id);
  if (status !== "resolved" && alert !== undefined && Object.keys(alert.subjects).length === 0)
    resolve(work, alert, "all is well again");
}

/** There is one alert of what came true in one moment. What follows within the same minute joins it, unless somebody has seen it. */
function tell(work: Work, rule: AlertRule, due: readonly (readonly [string, number])[]): void {
  const young = openAlerts(work).find(
    (alert) =>
      alert.rule === rule.id && alert.status === "firing" && work.at.ms - Date.parse(alert.firedAt) < JOINED_WITHIN_MS,
  );
  const room = ALERT_SUBJECTS - Object.keys(young?.subjects ?? {}).length;
  const subjects = Object.fromEntries(due.slice(0, room).map(([subject, ms]) => [subject, new Date(ms).toISOString()]));
  if (young !== undefined) {
    const count = young.count + Object.keys(subjects).length;
    const message = sentenceOf(work, rule, [...Object.keys(young.subjects), ...Object.keys(subjects)], count);
    work.change("alert_changed", "", { id: young.id, subjects, count, message });
    return;
  }
  const ids = Object.keys(subjects);
  const message = sentenceOf(work, rule, ids);
  const { id: name, kind, severity, title = name } = rule;
  const id = work.at.newId();
  const named = { id, rule: name, kind, severity, title, message, status: "firing" } as const;
  const fired = { ...named, firedAt: work.at.iso, subjects, count: ids.length };
  work.change("alert_fired", "", fired);
  notify(work, fired, "fired");
  const isOfOne = ids.length === 1 && isAboutHosts(kind);
  const event = {
    category: "system",
    level: severity === "critical" ? "error" : "warn",
    actor: "server",
    ...(isOfOne ? { host: ids[0] ?? "" } : {}),
    action: "alert_fired",
    message: line(`${title}: ${message}`),
    details: { alertId: id },
  } as const;
  const tell = (hosts: readonly string[]) => line(`${title}: ${alertSentence(work.fleet, fired, hosts)}`);
  note(work, event, {}, isOfOne || !isAboutHosts(kind) ? undefined : { hosts: ids, tell });
}

const JOINED_WITHIN_MS = 60_000;

function resolve(work: Work, alert: Alert, why: string): void {
  const { id, title } = alert;
  work.change("alert_changed", "", { id, status: "resolved", resolvedAt: work.at.iso });
  notify(work, alert, "resolved");
  const details = { alertId: id };
  const message = line(`${title}: resolved, ${why}`);
  note(work, { category: "system", level: "success", actor: "server", action: "alert_resolved", message, details });
}

function sentenceOf(work: Work, rule: AlertRule, subjects: readonly string[], count = subjects.length): string {
  const { id, kind, withinMs = 0 } = rule;
  if (kind === "sign_ins_failed") return signInsSentence(failedSince(work.accounts, work.at.ms - withinMs), rule);
  return alertSentence(work.fleet, { rule: id, kind }, subjects, count);
}

/** It names nobody, as all who follow the fleet read it. The log names users and addresses. */
function signInsSentence({ count, addresses }: FailedCount, { withinMs = 0 }: AlertRule): string {
  const from = addresses === 1 ? "1 address" : `${addresses} addresses`;
  return `${count === 1 ? "1 sign-in" : `${count} sign-ins`} failed within ${withinMs / 60_000} min, from ${from}`;
}
