/** The schedules of a `fleet.yaml` are read and looked through here. */

import { z } from "zod";
import { Args } from "../commands/op.ts";
import type { FileProblem } from "../files/yaml-file.ts";
import { atMost } from "../hosts/host.ts";
import { HostTarget } from "../hosts/host-group.ts";
import { Id, Name } from "../text.ts";
import { cronProblem } from "./cron.ts";
import { MOST_SCHEDULES, OVERLAPS, type ScheduleRule } from "./schedule.ts";

const FileSchedule = z.strictObject({
  title: z.string().min(1).max(200).optional(),
  cron: z.string().min(1).max(100),
  time_zone: z.string().min(1).max(64).default("UTC"),
  op: Name.optional(),
  args: Args.optional(),
  pipeline: Name.optional(),
  hosts: z.array(Id).min(1).max(1_000).optional(),
  ...HostTarget.shape,
  overlap: z.enum(OVERLAPS).default("refuse"),
});

export const FileSchedules = z
  .record(Name, FileSchedule)
  .refine(atMost(MOST_SCHEDULES), `at most ${MOST_SCHEDULES} schedules`)
  .default({});
type FileSchedules = z.infer<typeof FileSchedules>;

export function scheduleRulesOf(schedules: FileSchedules): ScheduleRule[] {
  return Object.entries(schedules).map(([id, { time_zone: timeZone, all, tags, filter, group, ...rule }]) => ({
    ...given({ id, ...rule }),
    timeZone,
    ...(rule.hosts === undefined ? { target: given({ all, tags, filter, group }) } : {}),
  }));
}

/** A record holds no member without a value. */
function given<T extends object>(members: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never;
}

/** `pipelines` are those of the same file. Which ops and groups there are is known when a schedule is due. */
export function scheduleProblems(schedules: FileSchedules, pipelines: ReadonlySet<string>): FileProblem[] {
  return Object.entries(schedules).flatMap(([name, schedule]) => {
    const { cron, time_zone: timeZone, op, args, pipeline, hosts, all, tags, filter, group } = schedule;
    const at = (problem: string, ...path: string[]) => ({ path: ["schedules", name, ...path], problem });
    const timing = cronProblem(cron, timeZone, LONG_AGO_MS);
    const places = [hosts, all ?? tags ?? filter ?? group].filter((place) => place !== undefined);
    return [
      ...(timing === null ? [] : [at(timing.problem, timing.in)]),
      ...((op === undefined) === (pipeline === undefined) ? [at("expected either an op or a pipeline")] : []),
      ...(args !== undefined && op === undefined ? [at("only an op has arguments", "args")] : []),
      ...(pipeline !== undefined && !pipelines.has(pipeline)
        ? [at(`there is no pipeline ${pipeline}`, "pipeline")]
        : []),
      ...(places.length === 1 ? [] : [at("expected either hosts, or all, tags, filter or group")]),
    ];
  });
}

/** A file is right or wrong whatever time it is. */
const LONG_AGO_MS = Date.UTC(2020, 0, 1);
