import { expect, test } from "vitest";
import { parseFleetFile } from "../catalogue/fleet-file.ts";
import { nextDue } from "./cron.ts";
import { ScheduleRule } from "./schedule.ts";

test("schedules have the form in which the state has them", () => {
  const { scheduleRules } = parseFleetFile(`
pipelines:
  rollout: { stages: [pull] }
schedules:
  nightly: { cron: "30 2 * * *", time_zone: Europe/Berlin, pipeline: rollout, tags: [prod], filter: "status:online", title: Nightly }
  look: { cron: "@hourly", op: disk, args: { path: / }, hosts: [web-1], overlap: queue }
`);
  expect(scheduleRules).toEqual([
    {
      id: "nightly",
      title: "Nightly",
      cron: "30 2 * * *",
      timeZone: "Europe/Berlin",
      pipeline: "rollout",
      target: { tags: ["prod"], filter: "status:online" },
      overlap: "refuse",
    },
    {
      id: "look",
      cron: "@hourly",
      timeZone: "UTC",
      op: "disk",
      args: { path: "/" },
      hosts: ["web-1"],
      overlap: "queue",
    },
  ]);
  for (const rule of scheduleRules) expect(ScheduleRule.parse(rule)).toEqual(rule);
});

const fileWith = (lines: string) => `pipelines:\n  p: { stages: [a] }\nschedules:\n  s:\n${lines}\n`;

test.each([
  [
    "    cron: 61 * * * *\n    op: a\n    all: true",
    "line 5: schedules.s.cron: expected a cron expression such as 30 2 * * *",
  ],
  ["    cron: '* * * * * *'\n    op: a\n    all: true", "line 5: schedules.s.cron: expected a cron expression"],
  ["    cron: 0 0 31 2 *\n    op: a\n    all: true", "line 5: schedules.s.cron: it would never be due"],
  [
    "    cron: '@daily'\n    time_zone: Mars/Base\n    op: a\n    all: true",
    "line 6: schedules.s.time_zone: expected a time zone",
  ],
  ["    cron: '@daily'\n    all: true", "schedules.s: expected either an op or a pipeline"],
  ["    cron: '@daily'\n    op: a\n    pipeline: p\n    all: true", "schedules.s: expected either an op or a pipeline"],
  [
    "    cron: '@daily'\n    pipeline: other\n    all: true",
    "line 6: schedules.s.pipeline: there is no pipeline other",
  ],
  [
    "    cron: '@daily'\n    pipeline: p\n    args: {}\n    all: true",
    "line 7: schedules.s.args: only an op has arguments",
  ],
  ["    cron: '@daily'\n    op: a", "schedules.s: expected either hosts, or all, tags, filter or group"],
  ["    cron: '@daily'\n    op: a\n    hosts: [x]\n    all: true", "schedules.s: expected either hosts, or all"],
  ["    cron: '@daily'\n    op: a\n    filter: ' - '", "line 7: schedules.s.filter: expected a filter"],
])("a wrong schedule is told with its line: %s", (lines, problem) => {
  expect(() => parseFleetFile(fileWith(lines))).toThrow(problem);
});

test("[B136] a file may name so many schedules", () => {
  const many = Array.from({ length: 101 }, (_, index) => `  s${index}: { cron: "@daily", op: a, all: true }`);
  expect(() => parseFleetFile(`schedules:\n${many.join("\n")}\n`)).toThrow("at most 100 schedules");
});

test.each([
  [
    "30 2 * * *",
    "2026-03-28T12:00:00Z",
    "2026-03-29T01:00:00.000Z",
    "a time that a spring night leaves out is due when that night goes on",
  ],
  [
    "30 2 * * *",
    "2026-10-25T00:30:00Z",
    "2026-10-26T01:30:00.000Z",
    "a time that an autumn night has twice is due once",
  ],
  ["0 9 * * mon-fri", "2026-11-27T09:00:00Z", "2026-11-30T08:00:00.000Z", "a weekend is left out"],
])("%s after %s is due at %s: %s", (cron, after, due) => {
  expect(new Date(nextDue(cron, "Europe/Berlin", Date.parse(after)) ?? 0).toISOString()).toBe(due);
});

test("[C23] what is dangerous runs by no schedule, since nobody is there who could show a code", () => {
  const file = (what: string) => `
ops:
  wipe: { danger: true }
pipelines:
  careful: { stages: [look], danger: true }
  worst: { stages: [look, wipe] }
  plain: { stages: [look] }
schedules:
  s: { cron: "@daily", all: true, ${what} }
`;

  for (const what of ["op: wipe", "pipeline: careful", "pipeline: worst"])
    expect(() => parseFleetFile(file(what))).toThrow(/schedules\.s\.(op|pipeline): it is dangerous/);
  for (const what of ["op: look", "pipeline: plain"]) expect(parseFleetFile(file(what)).scheduleRules).toHaveLength(1);
});
