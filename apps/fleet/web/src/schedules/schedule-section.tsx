/** The schedules stand above the pipelines: what each runs, when it is due next, and what became of it last. */

import type { Fleet, ScheduleRule } from "@neverstale/fleet-domain";
import { memo, useMemo, useState } from "react";
import { Button } from "react-aria-components";
import { useAccount } from "../accounts/account.ts";
import { useWorkRequests } from "../commands/runs/work-requests.ts";
import { Notice } from "../components/notice.tsx";
import { Status } from "../components/status.tsx";
import { ClockTime } from "../components/time.tsx";
import { NONE } from "../state/format.ts";
import { useMayAct } from "../state/may-act.ts";
import { useNavigation } from "../state/navigation.ts";
import { goTo } from "../state/place.ts";
import { sameIds } from "../state/record-lists.ts";
import { useRecord, useSelection } from "../state/replica-hooks.ts";
import { mayRunNow, outcomeLook, scheduleWords } from "./schedule-words.ts";

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
        )}{" "}
        <RunNow rule={rule} />
      </span>
    </li>
  );
});

/** It starts now what the schedule says, besides its own times, and goes to what was started. */
function RunNow({ rule }: { readonly rule: ScheduleRule }) {
  const requests = useWorkRequests();
  const navigation = useNavigation();
  const { role, tags } = useAccount();
  const { may } = useMayAct();
  const [running, setRunning] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const isOffered = useSelection(useMemo(() => (fleet: Fleet) => mayRunNow(fleet, rule, role), [rule, role]));
  if (!isOffered || tags !== null) return null;
  const run = async () => {
    setRunning(true);
    setProblem(null);
    try {
      const { runId, pipelineId } = await requests.runSchedule(rule.id);
      const { place } = navigation;
      navigation.go(pipelineId !== null ? goTo(place, "pipelines", pipelineId) : goTo(place, "runs", runId));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setRunning(false);
    }
  };
  return (
    <>
      <Button
        className="button button-small"
        aria-label={`Run ${rule.title ?? rule.id} now`}
        isDisabled={!may}
        isPending={running}
        onPress={() => void run()}
      >
        Run now
      </Button>
      {problem !== null && (
        <Notice tone="bad" shape="cross" role="alert">
          {problem}
        </Notice>
      )}
    </>
  );
}
