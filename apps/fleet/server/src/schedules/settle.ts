/** A schedule that is due starts what it says, once for each time at which it is due. */

import { isFinal, nextDue, type Schedule, type ScheduleRule, scheduleActor } from "@neverstale/fleet-domain";
import { dispatchOp, dispatchPipeline } from "../commands/dispatch.ts";
import { line, note } from "../fleet/note.ts";
import { RequestRefusal } from "../fleet/refusal.ts";
import type { View, Work } from "../fleet/work.ts";

/** Nothing that is due begins later than this: whoever expects it at night does not want it in the morning. */
const LATE_MS = 60_000;
/** A clock that is set back by less changes nothing: what was due already is not due again. */
const SET_BACK_MS = 24 * 60 * 60_000;

/** It returns the names of the schedules for which there is something to be done now, of those too whose rule is gone. */
export function unsettledSchedules({ fleet }: Pick<View, "fleet">, nowMs: number): string[] {
  const gone = [...fleet.schedules.keys()].filter((id) => !fleet.scheduleRules.has(id));
  const rules = [...fleet.scheduleRules.values()].filter((rule) => isUnsettled(fleet, rule, nowMs));
  return [...gone, ...rules.map(({ id }) => id)];
}

function isUnsettled(fleet: View["fleet"], rule: ScheduleRule, nowMs: number): boolean {
  const schedule = fleet.schedules.get(rule.id);
  if (schedule === undefined || schedule.timing !== timingOf(rule)) return true;
  if (schedule.waitingSince !== undefined && !isRunning(fleet, rule.id)) return true;
  if (schedule.nextAt === undefined) return false;
  return Date.parse(schedule.nextAt) <= nowMs || wasSetBack(rule, schedule, nowMs);
}

/** It does what is to be done for one of them. All of it stands in this transaction, so it is done once, or not at all. */
export function settleSchedule(work: Work, id: string): void {
  const rule = work.fleet.scheduleRules.get(id);
  const schedule = work.fleet.schedules.get(id);
  if (rule === undefined) {
    if (schedule !== undefined) work.change("schedule_removed", "", { id });
    return;
  }
  if (schedule === undefined || schedule.timing !== timingOf(rule)) return begin(work, rule, schedule);
  if (wasSetBack(rule, schedule, work.at.ms)) return putRight(work, rule, schedule);
  const { waitingSince, nextAt } = schedule;
  if (waitingSince !== undefined && !isRunning(work.fleet, id)) {
    const { waitingSince: _, nextAt: __, ...rest } = schedule;
    return start(work, rule, rest, waitingSince, DECIDED_ALONE);
  }
  if (nextAt !== undefined && nextAt <= work.at.iso) settleDue(work, rule, { ...schedule, nextAt });
}

/** A run that is too much for one transaction could not be started. It is told, and not tried again. */
export function giveUpSchedule(work: Work, id: string, why: string): void {
  const rule = work.fleet.scheduleRules.get(id);
  const schedule = work.fleet.schedules.get(id);
  if (rule === undefined || schedule === undefined) return;
  const { waitingSince, nextAt, ...rest } = schedule;
  const afterMs = waitingSince === undefined ? work.at.ms : DECIDED_ALONE;
  fail(work, rule, rest, waitingSince ?? nextAt ?? work.at.iso, why, afterMs);
}

function timingOf({ cron, timeZone }: ScheduleRule): string {
  return `${cron} ${timeZone}`;
}

/** Nobody wishes for times that had passed before the rule was there, or before it was changed. */
function begin(work: Work, rule: ScheduleRule, before: Schedule | undefined): void {
  const { nextAt: _, timing: __, waitingSince: ___, ...last } = before ?? { id: rule.id };
  store(work, { ...last, id: rule.id, timing: timingOf(rule) }, rule, work.at.ms);
}

function store(work: Work, schedule: Omit<Schedule, "nextAt">, rule: ScheduleRule, afterMs: number): void {
  const next = nextDue(rule.cron, rule.timeZone, afterMs);
  work.change("schedule_set", "", { ...schedule, ...(next === null ? {} : { nextAt: new Date(next).toISOString() }) });
}

/** The times that the clock went back over were decided already, unless it went back further than anybody would want to wait. */
function wasSetBack(rule: ScheduleRule, { nextAt, lastDueAt }: Schedule, nowMs: number): boolean {
  if (nextAt === undefined || Date.parse(nextAt) - nowMs <= SET_BACK_MS) return false;
  const decidedMs = lastDueAt === undefined || isFarAhead(lastDueAt, nowMs) ? nowMs : Date.parse(lastDueAt);
  const next = nextDue(rule.cron, rule.timeZone, Math.max(nowMs, decidedMs));
  return next !== null && next < Date.parse(nextAt);
}

function isFarAhead(time: string, nowMs: number): boolean {
  return Date.parse(time) - nowMs > SET_BACK_MS;
}

function putRight(work: Work, rule: ScheduleRule, { nextAt: _, lastDueAt, ...schedule }: Schedule): void {
  const decided = lastDueAt === undefined || isFarAhead(lastDueAt, work.at.ms) ? {} : { lastDueAt };
  store(work, { ...schedule, ...decided }, rule, Math.max(work.at.ms, Date.parse(decided.lastDueAt ?? work.at.iso)));
  const message = `the clock was ahead, and is put right by more than a day: schedule ${rule.id} goes by the time that it is now`;
  noteSchedule(work, rule, "warn", "schedule_put_right", message, {});
}

type Rest = Omit<Schedule, "nextAt">;

/** A run that waited begins. A time that was due meanwhile has not been decided: the next look does that. */
const DECIDED_ALONE = 0;

function settleDue(
  work: Work,
  rule: ScheduleRule,
  { nextAt: firstDue, ...schedule }: Schedule & { nextAt: string },
): void {
  const { due, missed } = duesUntil(rule, Date.parse(firstDue), work.at.ms);
  if (missed > 0) noteMissed(work, rule, firstDue, missed);
  const dueAt = due === null ? null : new Date(due).toISOString();
  if (dueAt === null) return miss(work, rule, schedule, firstDue);
  if (!isRunning(work.fleet, rule.id)) return start(work, rule, schedule, dueAt);
  if (rule.overlap === "queue" && schedule.waitingSince === undefined) return wait(work, rule, schedule, dueAt);
  refuse(work, rule, schedule, dueAt);
}

/**
 * The last time at which it was due is taken where that was just now. All before are missed: they are counted, up to a bound.
 */
function duesUntil(
  { cron, timeZone }: ScheduleRule,
  firstMs: number,
  nowMs: number,
): { due: number | null; missed: number } {
  let due: number | null = null;
  const fromMs = Math.max(firstMs, nowMs - LATE_MS);
  for (let next = nextDue(cron, timeZone, fromMs - 1); next !== null && next <= nowMs; ) {
    due = next;
    next = nextDue(cron, timeZone, next);
  }
  let missed = 0;
  for (let next: number | null = firstMs; next !== null && next < (due ?? nowMs + 1) && missed < MOST_COUNTED; ) {
    missed += 1;
    next = nextDue(cron, timeZone, next);
  }
  return { due, missed };
}

/** So many missed times are counted. */
const MOST_COUNTED = 100;

function noteMissed(work: Work, rule: ScheduleRule, firstDue: string, missed: number): void {
  const times =
    missed === 1
      ? `at ${firstDue}`
      : `${missed >= MOST_COUNTED ? `${MOST_COUNTED} times or more` : `${missed} times`} since ${firstDue}`;
  const message = `schedule ${rule.id} was due ${times} while no server could start it: it is not run late`;
  noteSchedule(work, rule, "error", "schedule_missed", message, { dueAt: firstDue, missed });
}

function miss(work: Work, rule: ScheduleRule, schedule: Rest, lastDueAt: string): void {
  const { reason: _, ...rest } = schedule;
  const after = Math.max(work.at.ms, Date.parse(lastDueAt));
  store(work, { ...rest, lastDueAt, outcome: "missed" }, rule, after);
}

function start(work: Work, rule: ScheduleRule, schedule: Rest, dueAt: string, afterMs = work.at.ms): void {
  const { op, pipeline, args, hosts, target } = rule;
  const where = { ...(hosts === undefined ? {} : { hosts }), ...(target === undefined ? {} : { target }) };
  const newId = () => work.at.newId();
  const by = { user: scheduleActor(rule.id), tags: null };
  try {
    if (pipeline !== undefined) dispatchPipeline(work, { pipeline, ...where }, by, newId);
    else if (op !== undefined) dispatchOp(work, { op, ...where, ...(args === undefined ? {} : { args }) }, by, newId);
  } catch (error) {
    if (!(error instanceof RequestRefusal)) throw error;
    return fail(work, rule, schedule, dueAt, error.message, afterMs); // It refuses before it changes anything.
  }
  noteSchedule(work, rule, "info", "schedule_started", `schedule ${rule.id} began, due at ${dueAt}`, { dueAt });
  decide(work, rule, schedule, { dueAt, outcome: "started", afterMs });
}

function wait(work: Work, rule: ScheduleRule, schedule: Rest, dueAt: string): void {
  const why = "what it started before still runs: it begins after that";
  noteSchedule(work, rule, "warn", "schedule_queued", `schedule ${rule.id}, due at ${dueAt}: ${why}`, { dueAt });
  decide(work, rule, { ...schedule, waitingSince: dueAt }, { dueAt, outcome: "queued", why });
}

function refuse(work: Work, rule: ScheduleRule, schedule: Rest, dueAt: string): void {
  const more = schedule.waitingSince === undefined ? "" : ", and another one waits";
  const why = `what it started before still runs${more}`;
  noteSchedule(work, rule, "warn", "schedule_refused", `schedule ${rule.id}, due at ${dueAt}, is left out: ${why}`, {
    dueAt,
  });
  decide(work, rule, schedule, { dueAt, outcome: "refused", why });
}

function fail(work: Work, rule: ScheduleRule, schedule: Rest, dueAt: string, why: string, afterMs: number): void {
  noteSchedule(work, rule, "error", "schedule_failed", `schedule ${rule.id}, due at ${dueAt}, did not begin: ${why}`, {
    dueAt,
  });
  decide(work, rule, schedule, { dueAt, outcome: "failed", why, afterMs });
}

interface Decision {
  readonly dueAt: string;
  readonly outcome: NonNullable<Schedule["outcome"]>;
  readonly why?: string;
  /** All times until then are decided. It is now where nothing else is said. */
  readonly afterMs?: number;
}

/** From here on this time has been decided. A clock that is set back makes no time due again. */
function decide(work: Work, rule: ScheduleRule, schedule: Rest, decision: Decision): void {
  const { dueAt, outcome, why, afterMs = work.at.ms } = decision;
  const { reason: _, ...rest } = schedule;
  const lastDueAt = dueAt > (rest.lastDueAt ?? "") ? dueAt : (rest.lastDueAt ?? dueAt);
  const reason = why === undefined ? {} : { reason: line(why) };
  store(work, { ...rest, lastDueAt, outcome, ...reason }, rule, Math.max(afterMs, Date.parse(lastDueAt)));
}

/** Something that the schedule has started still runs, or waits for its host. */
function isRunning({ commands, pipelines }: View["fleet"], id: string): boolean {
  const actor = scheduleActor(id);
  for (const { requestedBy, status } of pipelines.values())
    if (requestedBy === actor && status === "running") return true;
  for (const { requestedBy, status } of commands.values()) if (requestedBy === actor && !isFinal(status)) return true;
  return false;
}

function noteSchedule(
  work: Work,
  { id }: ScheduleRule,
  level: "info" | "warn" | "error",
  action: string,
  message: string,
  details: Readonly<Record<string, string | number>>,
): void {
  note(work, {
    category: "audit",
    level,
    actor: scheduleActor(id),
    action,
    message,
    details: { schedule: id, ...details },
  });
}
