/** The schedules stand above the pipelines: what each runs, when it is due next, and what became of it last. */

import type { Fleet } from "@neverstale/fleet-domain";
import { memo } from "react";
import { Status } from "../components/status.tsx";
import { ClockTime } from "../components/time.tsx";
import { NONE } from "../state/format.ts";
import { sameIds } from "../state/record-lists.ts";
import { useRecord, useSelection } from "../state/replica-hooks.ts";
import { outcomeLook, scheduleWords } from "./schedule-words.ts";

export function ScheduleSection() {
  const ids = useSelection(scheduleIds, sameIds);
  if (ids.length === 0) return null;
  return (
    <section aria-labelledby="schedules-title">
      <h2 id="schedules-title">Schedules</h2>
      <ul className="lines">
        {ids.map((id) => (
          <ScheduleLine key={id} id={id} />
        ))}
      </ul>
    </section>
  );
}

function scheduleIds({ scheduleRules }: Fleet): readonly string[] {
  return [...scheduleRules.keys()].sort();
}

const ScheduleLine = memo(function ScheduleLine({ id }: { readonly id: string }) {
  const rule = useRecord("scheduleRules", id);
  const schedule = useRecord("schedules", id);
  if (rule === undefined) return null;
  const look = schedule === undefined ? null : outcomeLook(schedule);
  return (
    <li className="line-item">
      <span className="line-main foreign">
        {rule.title ?? id}: {scheduleWords(rule)}
        <span className="under mono">
          {rule.cron} {rule.timeZone}
        </span>
      </span>
      {look !== null && (
        <span className="value">
          <Status look={look} /> <ClockTime at={schedule?.lastDueAt} />
          {schedule?.reason !== undefined && <span className="under foreign">{schedule.reason}</span>}
        </span>
      )}
      <span className="line-end">
        {schedule === undefined ? (
          NONE
        ) : schedule.nextAt === undefined ? (
          "never due again"
        ) : (
          <>
            due <ClockTime at={schedule.nextAt} />
          </>
        )}
      </span>
    </li>
  );
});
