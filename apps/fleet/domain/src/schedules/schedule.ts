/** A schedule runs an op or a pipeline at times that a cron expression says. Its rule is of the catalogue, and beside it stands what became of it. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { Reached } from "../api.ts";
import { Args } from "../commands/op.ts";
import { HostTarget } from "../hosts/host-group.ts";
import { Id, Line, Name, Timestamp } from "../text.ts";

/** A schedule that is due while something that it started before still runs is left out, or waits. */
export const OVERLAPS = ["refuse", "queue"] as const;

/** So many schedules may a catalogue name. */
export const MOST_SCHEDULES = 100;

export const ScheduleRule = z.object({
  /** It is the name of the schedule. */
  id: Name,
  title: Line.optional(),
  /** It has five parts: minute, hour, day of the month, month, day of the week. */
  cron: z.string().min(1).max(100),
  timeZone: z.string().min(1).max(64),
  /** It runs this op, or this pipeline. */
  op: Name.optional(),
  args: Args.optional(),
  pipeline: Name.optional(),
  /** It runs on these hosts, or on those that are found when it is due. */
  hosts: z.array(Id).min(1).max(1_000).optional(),
  target: HostTarget.optional(),
  overlap: z.enum(OVERLAPS),
});
export type ScheduleRule = ReadonlyJson<z.infer<typeof ScheduleRule>>;

export const SCHEDULE_OUTCOMES = ["started", "queued", "refused", "failed", "missed"] as const;

/** Each time at which a schedule is due is decided once, in the transaction that stores here that it was. */
export const Schedule = z.object({
  /** It is the name of the schedule. */
  id: Name,
  /** `nextAt` was found for this expression and time zone. */
  timing: z.string().max(200),
  /** It is due then. It is absent when it is never due again. */
  nextAt: Timestamp.optional(),
  /** It was due then, and this is what became of that. */
  lastDueAt: Timestamp.optional(),
  outcome: z.enum(SCHEDULE_OUTCOMES).optional(),
  reason: Line.optional(),
  /** It was due then, and begins once what it started before has ended. */
  waitingSince: Timestamp.optional(),
});
export type Schedule = ReadonlyJson<z.infer<typeof Schedule>>;

/** It stands as the actor of all that the schedule starts. No user is called so. */
export function scheduleActor(id: string): string {
  return `schedule:${id}`;
}

/** `POST /api/schedules/:id/run` says what it has started: the run of an op, or of a pipeline. */
export const ScheduleRunAnswer = z.object({ runId: Id.optional(), pipelineId: Id.optional(), ...Reached });

/** `GET /api/schedules` lists the schedules with when each is due, and what became of it last. */
export const ScheduleAnswers = z.array(ScheduleRule.extend(Schedule.omit({ id: true, timing: true }).partial().shape));
export type ScheduleAnswers = ReadonlyJson<z.infer<typeof ScheduleAnswers>>;
