/** The pipelines screen shows every pipeline that runs or ran. The one that is open shows its grid of host by stage. */

import type { Fleet, Pipeline } from "@neverstale/fleet-domain";
import { isDangerousPipeline, rolesInsteadForPipeline, seenPipelines } from "@neverstale/fleet-domain/schema-free";
import { memo, useMemo, useState } from "react";
import { Button } from "react-aria-components";
import { useAccount } from "../accounts/account.ts";
import { useCancel } from "../commands/io/cancel.ts";
import { SafeguardSheet } from "../commands/safeguard-sheet.tsx";
import { Empty, Notice } from "../components/notice.tsx";
import { PlaceLink } from "../components/place-link.tsx";
import { Status } from "../components/status.tsx";
import { ClockTime, Elapsed } from "../components/time.tsx";
import { ScheduleSection } from "../schedules/schedule-section.tsx";
import { howMany } from "../state/format.ts";
import { useMayAct } from "../state/may-act.ts";
import { usePlace } from "../state/navigation.ts";
import { goTo } from "../state/place.ts";
import { newestCreatedFirst, sameIds } from "../state/record-lists.ts";
import { useLoaded, useSelection } from "../state/replica-hooks.ts";
import { usePipeline } from "../state/seen-hooks.ts";
import { type RetryOnly, useRetry } from "./io/retry.ts";
import { pipelineLook } from "./pipeline-look.ts";
import { boundWords, leftUndone, waveWords } from "./pipeline-words.ts";
import { StageGrid } from "./stage-grid.tsx";

export function PipelinesScreen() {
  const wanted = usePlace((place) => place.open);
  const ids = useSelection(pipelineIds, sameIds);
  const loaded = useLoaded();
  const open = wanted ?? ids[0] ?? null;
  return (
    <section className="screen" aria-labelledby="pipelines-title">
      <header className="screen-head">
        <h1 id="pipelines-title">Pipelines</h1>
        <p className="screen-summary value">{howMany(ids.length, "pipeline")}</p>
      </header>
      <ScheduleSection />
      {loaded && wanted !== null && !ids.includes(wanted) && (
        <Empty title={`There is no pipeline run ${wanted}`}>It has left the list, or the address is wrong.</Empty>
      )}
      {ids.length === 0 && wanted === null && (
        <Empty title={loaded ? "No pipeline has run yet" : "Waiting for the first state"}>
          Select hosts and choose a pipeline: it runs its ops one after the other on each of them.
        </Empty>
      )}
      <ul className="cards">
        {ids.map((id) => (
          <li key={id}>
            <PipelineCard id={id} open={open === id} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function pipelineIds(fleet: Fleet): readonly string[] {
  return newestCreatedFirst(seenPipelines(fleet)).map(({ id }) => id);
}

interface PipelineCardProps {
  readonly id: string;
  /** A card that is not open shows no grid. */
  readonly open: boolean;
}

const PipelineCard = memo(function PipelineCard({ id, open }: PipelineCardProps) {
  const pipeline = usePipeline(id);
  const { mayDispatch } = useAccount();
  const { may, why } = useMayAct();
  const cancel = useCancel();
  if (pipeline === null) return null;
  return (
    <article className="card">
      <header className="card-head">
        <h2 className="card-title">
          <PlaceLink className="row-link foreign" to={(place) => goTo(place, "pipelines", id)}>
            {pipeline.name}
          </PlaceLink>
        </h2>
        <span className="value">
          <Status look={pipelineLook(pipeline.status)} strong passing={pipeline.status === "running"} />
        </span>
        {mayDispatch && pipeline.status === "running" && (
          <Button
            className="button button-small"
            aria-label={`Stop ${pipeline.name}`}
            isDisabled={!may}
            onPress={() => cancel("pipelines", id)}
          >
            Stop
          </Button>
        )}
        {mayDispatch && pipeline.status === "running" && (
          <Button
            className="button button-small"
            aria-label={`Begin nothing more of ${pipeline.name}`}
            isDisabled={!may}
            onPress={() => cancel("stages", id)}
          >
            Begin nothing more
          </Button>
        )}
        <p className="card-facts">
          {howMany(pipeline.hosts.length, "host")} · {howMany(pipeline.stages.length, "stage")} · started by{" "}
          <span className="foreign">{pipeline.requestedBy}</span> at <ClockTime at={pipeline.createdAt} /> ·{" "}
          <Elapsed from={pipeline.createdAt} to={pipeline.finishedAt} />
          {[waveWords(pipeline), boundWords(pipeline)].map(
            (words) => words !== null && <span key={words}> · {words}</span>,
          )}
          {pipeline.nextWaveAt !== undefined && (
            <span>
              {" "}
              · the next wave begins at <ClockTime at={pipeline.nextWaveAt} />
            </span>
          )}
          {pipeline.retryOf !== undefined && (
            <span>
              {" "}
              ·{" "}
              <PlaceLink className="row-link" to={(place) => goTo(place, "pipelines", pipeline.retryOf ?? null)}>
                retries an earlier run
              </PlaceLink>
            </span>
          )}
        </p>
      </header>
      {pipeline.reason !== undefined && (
        <Notice tone="bad" shape="cross">
          {pipeline.reason}
        </Notice>
      )}
      {open && mayDispatch && why !== null && <p className="card-row quiet grid-rest">{why}</p>}
      {open && mayDispatch && <RetryBar pipeline={pipeline} />}
      {open && <StageGrid pipeline={pipeline} />}
    </article>
  );
});

/** It offers to run exactly what was left undone. */
function RetryBar({ pipeline }: { readonly pipeline: Pipeline }) {
  const { retry, running, outcome } = useRetry(pipeline.id);
  const { role } = useAccount();
  const { may: mayNow } = useMayAct();
  const may = useSelection(
    useMemo(() => (fleet: Fleet) => rolesInsteadForPipeline(fleet, pipeline, role) === null, [pipeline, role]),
  );
  const isDangerous = useSelection(useMemo(() => (fleet: Fleet) => isDangerousPipeline(fleet, pipeline), [pipeline]));
  const [asked, setAsked] = useState<RetryOnly | null>(null);
  const begin = (only: RetryOnly) => (isDangerous ? setAsked(only) : retry(only));
  const { failed, notStarted } = leftUndone(pipeline);
  if (!may || pipeline.status === "running" || failed + notStarted === 0) return null;
  return (
    <div className="card-actions">
      {asked !== null && (
        <SafeguardSheet
          title={pipeline.name}
          onConfirm={(safeguards) => {
            setAsked(null);
            retry(asked, safeguards);
          }}
          onCancel={() => setAsked(null)}
        />
      )}
      {failed > 0 && (
        <Button
          className="button button-small"
          isDisabled={!mayNow}
          isPending={running}
          onPress={() => begin("failed")}
        >
          Retry {howMany(failed, "host")} that failed
        </Button>
      )}
      {notStarted > 0 && (
        <Button
          className="button button-small"
          isDisabled={!mayNow}
          isPending={running}
          onPress={() => begin("failed_and_not_started")}
        >
          {failed > 0
            ? `Retry these and ${notStarted} not started`
            : `Run on ${howMany(notStarted, "host")} not started`}
        </Button>
      )}
      {outcome !== null && (
        <Notice tone={outcome.kind === "unknown" ? "warn" : "bad"} shape="cross" role="alert">
          {outcome.sentence}
        </Notice>
      )}
    </div>
  );
}
